import Foundation

/// A network interface of a host that is up and has an address; not the one for the host itself.
package struct NetworkInterface: Codable, Equatable, Sendable {
  package var name: String
  /// The numeric addresses, without those of the link alone.
  package var addresses: [String]
  /// The rate of its hardware, in bits a second; nil where it does not tell.
  package var bitsPerSecond: Double?
  /// The bytes that it sent while messages between the hosts were timed.
  package var sentBytes: Double = 0

  /// The interfaces of this host.
  ///
  /// The corresponding C function is `getifaddrs`.
  static var all: [NetworkInterface] {
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0 else { return [] }
    defer { freeifaddrs(list) }
    var addresses: [String: [String]] = [:]
    for entry in sequence(first: list, next: { $0?.pointee.ifa_next }) {
      guard let entry = entry?.pointee, let address = entry.ifa_addr else { break }
      let name = String(cString: entry.ifa_name)
      guard name != "lo", let text = numeric(address), !text.hasPrefix("fe80") else { continue }
      addresses[name, default: []].append(text)
    }
    return addresses.map { name, addresses in
      NetworkInterface(name: name, addresses: addresses, bitsPerSecond: rate(name))
    }.sorted { $0.name < $1.name }
  }

  /// The bytes that each interface of this process's network has sent, by name.
  static var sentBytes: [String: Double] {
    // NAME: eight numbers of what was received, then those of what was sent; bytes come first.
    let text = (try? String(contentsOfFile: "/proc/self/net/dev", encoding: .utf8)) ?? ""
    var bytes: [String: Double] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      let numbers = parts.last?.split(separator: " ").compactMap { Double($0) } ?? []
      guard parts.count == 2, numbers.count > 8 else { continue }
      bytes[parts[0].trimmingCharacters(in: .whitespaces)] = numbers[8]
    }
    return bytes
  }

  private static func numeric(_ address: UnsafeMutablePointer<sockaddr>) -> String? {
    let size =
      switch Int32(address.pointee.sa_family) {
      case AF_INET: MemoryLayout<sockaddr_in>.size
      case AF_INET6: MemoryLayout<sockaddr_in6>.size
      default: 0
      }
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    guard size > 0,
      getnameinfo(
        address, socklen_t(size), &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
    else { return nil }
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  private static func rate(_ name: String) -> Double? {
    func number(_ file: String) -> Double? {
      (try? String(contentsOfFile: "/sys/class/net/\(name)/\(file)", encoding: .utf8)).flatMap {
        Double($0.trimmingCharacters(in: .whitespacesAndNewlines))
      }
    }
    // The files may be those of another network namespace, with another interface of the name.
    guard number("ifindex") == Double(if_nametoindex(name)), let megabits = number("speed"),
      megabits > 0
    else { return nil }
    return megabits * 1e6
  }
}
