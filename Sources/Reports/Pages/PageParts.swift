// The parts that pages have in common.

import Foundation

/// The source of a page that needs nothing else.
func page(title: String, _ body: [Markup]) -> String {
  let page = Markup.element(
    "html", ["lang": "en"],
    [
      .element(
        "head",
        [
          .void("meta", ["charset": "utf-8"]),
          .void("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
          .void("meta", ["name": "color-scheme", "content": "light dark"]),
          .element("title", title), .style(PageStyle.rules),
        ]),
      .element("body", body),
    ])
  return "<!DOCTYPE html>\n\(page.source)\n"
}

/// A part of a page with a title.
func section(_ title: String, _ content: [Markup]) -> Markup {
  .element("section", [.element("h2", title)] + content)
}

/// A table with a row of headings.
func table(_ kind: String, _ head: [String], _ rows: [Markup]) -> Markup {
  .element(
    "div", ["class": "scroll", "tabindex": "0"],
    [
      .element(
        "table", ["class": kind],
        [
          .element(
            "thead",
            [.element("tr", head.map { .element("th", ["scope": "col"], $0) })]),
          .element("tbody", rows),
        ])
    ])
}

/// A time in seconds since 1970, in UTC.
func timeText(_ seconds: Double) -> String {
  let formatter = DateFormatter()
  formatter.locale = Locale(identifier: "en_US_POSIX")
  formatter.timeZone = TimeZone(identifier: "UTC")
  formatter.dateFormat = "yyyy-MM-dd HH:mm:ss"
  return formatter.string(
    from: Date(timeIntervalSince1970: seconds.isFinite ? min(max(seconds, 0), 1e11) : 0))
}
