import Cluster
import Foundation
import Reports

/// Measures the work of a processor for messages by TCP: through the loopback interface, which does
/// all that a network does but for its hardware.
enum MessageMeter {
  /// The sizes of a small and of a large message, in bytes.
  private static let (small, large) = (64, 32_768)
  private static let repetitions = 300
  /// The memory that messages come from and go to, one after the other, in bytes: more than the
  /// nearest caches hold, as gradients are.
  private static let memory = 1 << 23

  /// Measures on one connection.
  ///
  /// - Throws: `JobFailure` where the system refuses a connection to itself.
  static func measure() throws -> MachineProfile.Messages {
    let ends = try connection()
    defer { for end in [ends.from, ends.to] { close(end) } }
    let (short, long) = (try times(small, ends), try times(large, ends))
    let bytes = Double(large - small)
    return MachineProfile.Messages(
      send: short.send, receive: short.receive,
      sendByte: max(long.send - short.send, 0) / bytes,
      receiveByte: max(long.receive - short.receive, 0) / bytes)
  }

  /// The median times to send and to receive a message.
  private static func times(
    _ count: Int, _ ends: (from: Int32, to: Int32)
  ) throws -> (send: Double, receive: Double) {
    var (sends, receives) = ([Double](), [Double]())
    let source = [UInt8](repeating: 1, count: memory)
    var destination = [UInt8](repeating: 0, count: memory)
    for number in 0..<repetitions {
      let place = number * count % memory
      var stopwatch = Stopwatch()
      let sent = source.withUnsafeBytes {
        send(ends.from, UnsafeRawBufferPointer(rebasing: $0[place...]).baseAddress, count, 0)
      }
      sends.append(stopwatch.lap())
      let received = destination.withUnsafeMutableBytes {
        recv(
          ends.to, UnsafeMutableRawBufferPointer(rebasing: $0[place...]).baseAddress, count,
          Int32(MSG_WAITALL))
      }
      receives.append(stopwatch.lap())
      guard sent == count, received == count else { throw failure("send itself a message") }
    }
    return (MedianRange(sends)?.median ?? 0, MedianRange(receives)?.median ?? 0)
  }

  /// Two sockets of this process that are connected to each other.
  private static func connection() throws -> (from: Int32, to: Int32) {
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    let (listener, from) = (socket(AF_INET, kind, 0), socket(AF_INET, kind, 0))
    defer { if listener >= 0 { close(listener) } }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let to = withUnsafeMutablePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address -> Int32 in
        guard listener >= 0, from >= 0, bind(listener, address, size) == 0,
          getsockname(listener, address, &size) == 0, listen(listener, 1) == 0,
          connect(from, address, size) == 0
        else { return -1 }
        return accept(listener, nil, nil)
      }
    }
    guard to >= 0 else {
      let error = failure("connect to itself")
      if from >= 0 { close(from) }
      throw error
    }
    // As MPI does: a small message does not wait for the next.
    var yes: Int32 = 1
    setsockopt(
      from, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    return (from, to)
  }

  private static func failure(_ what: String) -> JobFailure {
    JobFailure(
      "this host cannot \(what) by TCP at 127.0.0.1 (\(String(cString: strerror(errno)))), where "
        + "the work for messages is measured; check that the interface lo is up")
  }
}
