import Foundation

/// A control group of Linux that this process is in, of one controller: its own or one above it,
/// whose limits hold for it, too.
package struct ControlGroup: Equatable, Sendable {
  /// The path of the group from the root of its hierarchy, such as `/job/step`.
  package let path: String
  /// The folder of its files.
  package let folder: String

  /// True if a process whose own group is at `path` is in this one.
  package func contains(_ path: String) -> Bool {
    self.path == "/" || path == self.path || path.hasPrefix(self.path + "/")
  }

  /// The groups of this process from its own upward, in version 1 or 2 of the hierarchy; none where
  /// the system does not tell.
  ///
  /// - Parameter controller: `cpu` or `memory`.
  package static func all(of controller: String) -> [ControlGroup] {
    all(
      of: controller, groups: text("/proc/self/cgroup") ?? "",
      mounts: text("/proc/self/mountinfo") ?? "")
  }

  /// The same from the texts of `/proc/self/cgroup` and `/proc/self/mountinfo`.
  package static func all(of controller: String, groups: String, mounts: String) -> [ControlGroup] {
    let hierarchies = mounts.split(separator: "\n").compactMap { Mount($0) }
    for line in groups.split(separator: "\n") {
      // NUMBER:CONTROLLERS:PATH; version 2 names no controllers.
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        .map(String.init)
      guard parts.count == 3 else { continue }
      let isUnified = parts[1].isEmpty
      let controllers = parts[1].split(separator: ",").map(String.init)
      guard isUnified || controllers.contains(controller) else { continue }
      let mount = hierarchies.first { mount in
        isUnified
          ? mount.type == "cgroup2" : mount.type == "cgroup" && mount.options.contains(controller)
      }
      guard let mount else { continue }
      let found = all(at: parts[2], in: mount)
      // In a hybrid of both versions, the unified hierarchy has no controllers.
      if isUnified, !found.contains(where: { $0.hasFiles(of: controller) }) { continue }
      return found
    }
    return []
  }

  private static func all(at path: String, in mount: Mount) -> [ControlGroup] {
    // A container may see its own group as the root, under that name or another's.
    var rest = path == mount.root ? "" : path
    if mount.root != "/", path.hasPrefix(mount.root + "/") {
      rest = String(path.dropFirst(mount.root.count))
    }
    if rest == "/" || rest.hasPrefix("/..") { rest = "" }
    var groups: [ControlGroup] = []
    while !rest.isEmpty {
      groups.append(ControlGroup(path: rest, folder: mount.point + rest))
      rest = String(rest[..<(rest.lastIndex(of: "/") ?? rest.startIndex)])
    }
    return groups + [ControlGroup(path: "/", folder: mount.point)]
  }

  /// The text of a file of the group, without white space around it; nil if there is none.
  func text(_ name: String) -> String? { Self.text("\(folder)/\(name)") }

  /// The number in a file of the group; nil if there is none, or another word such as `max`.
  func number(_ name: String) -> Double? { text(name).flatMap(Double.init) }

  private func hasFiles(of controller: String) -> Bool {
    let names = controller == "cpu" ? ["cpu.max", "cpu.stat"] : ["memory.current", "memory.stat"]
    return names.contains { FileManager.default.fileExists(atPath: "\(folder)/\($0)") }
  }

  private static func text(_ path: String) -> String? {
    (try? String(contentsOfFile: path, encoding: .utf8))?
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// A line of `/proc/self/mountinfo`.
  private struct Mount {
    let root, point, type: String
    let options: [String]

    init?(_ line: Substring) {
      // ID PARENT DEVICE ROOT POINT OPTIONS ... - TYPE SOURCE SUPER-OPTIONS
      let fields = line.split(separator: " ")
      guard let dash = fields.firstIndex(of: "-"), dash >= 5, fields.count > dash + 3 else {
        return nil
      }
      (root, point, type) = (String(fields[3]), String(fields[4]), String(fields[dash + 1]))
      options = fields[dash + 3].split(separator: ",").map(String.init)
    }
  }
}

// The limits that groups set.
extension ControlGroup {
  /// The processors whose time the group may use, such as 1.5; nil for no limit.
  package var processors: Double? {
    if let words = text("cpu.max")?.split(separator: " ").map({ Double($0) }), words.count == 2 {
      // `max` is no number.
      guard let quota = words[0], let period = words[1], period > 0 else { return nil }
      return quota / period
    }
    guard let quota = number("cpu.cfs_quota_us"), let period = number("cpu.cfs_period_us"),
      quota > 0, period > 0
    else { return nil }
    return quota / period
  }

  /// The memory that the group may use, and what of it is left, in bytes; nil for no limit.
  package var memory: (limit: Double, available: Double)? {
    let isUnified = text("memory.max") != nil
    let limitName = isUnified ? "memory.max" : "memory.limit_in_bytes"
    let usageName = isUnified ? "memory.current" : "memory.usage_in_bytes"
    let prefix = isUnified ? "" : "total_"
    // Version 1 has a number beyond all memory for no limit.
    guard let limit = number(limitName), limit < 0x1p60, let usage = number(usageName) else {
      return nil
    }
    // Pages of files are counted as used, and given up when they are needed.
    var reclaimable = 0.0
    for line in (text("memory.stat") ?? "").split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      guard words.count == 2, let bytes = Double(words[1]),
        words[0] == prefix + "active_file" || words[0] == prefix + "inactive_file"
      else { continue }
      reclaimable += bytes
    }
    return (limit, max(limit - max(usage - reclaimable, 0), 0))
  }
}
