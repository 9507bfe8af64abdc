import Cluster

/// The ranks that sum and move a bucket: a lane is one rank of each host, which moves the same slice
/// of the bucket as those of its lane on the other hosts.
///
/// Each host sums a part of the bucket, and each lane a slice of every part. On one host every rank
/// is a lane. Between hosts a message costs more than its bytes, so that a bucket has as few lanes
/// as its size asks for, and the ranks of a host take turns over buckets: all of them move as much.
package struct BucketLanes: Sendable {
  /// The elements that are never divided: a cache line of 64 bytes in the smallest format, lest two
  /// ranks write to one.
  private static let line = 32
  /// The elements that are worth a message of their own.
  private static let messageCount = 4096

  /// The number of elements.
  private let elementCount: Int
  private let hosts: Int
  /// The number of lanes.
  package let count: Int
  /// The ranks of a host that take turns, as many as the smallest host has, and whose turn it is
  /// first.
  private let members: Int, first: Int

  /// The lanes of the bucket with this number.
  package init(bucket: Int, elementCount: Int, _ layout: HostLayout) {
    self.elementCount = elementCount
    hosts = layout.hosts.count
    members = layout.hosts.map(\.count).min() ?? 1
    count = hosts == 1 ? members : min(max(elementCount / hosts / Self.messageCount, 1), members)
    first = bucket * count % members
  }

  /// The number of elements up to the end of the last line.
  static func padded(_ count: Int) -> Int { lines(count) * line }

  /// The lane of the rank with this index on its host, if it has one.
  package func lane(ofMember member: Int) -> Int? {
    guard member < members else { return nil }
    let lane = (member - first + members) % members
    return lane < count ? lane : nil
  }

  /// The slice that a lane moves of the part that a host sums.
  package func slice(ofPart host: Int, lane: Int) -> Range<Int> {
    Self.cut(Self.cut(0..<elementCount, part: host, of: hosts), part: lane, of: count)
  }

  /// The slice that a lane moves of the whole bucket.
  package func slice(ofLane lane: Int) -> Range<Int> {
    Self.cut(0..<elementCount, part: lane, of: count)
  }

  private static func lines(_ count: Int) -> Int { (count + line - 1) / line }

  /// Part `part` of `count` even ones of a range.
  private static func cut(_ range: Range<Int>, part: Int, of count: Int) -> Range<Int> {
    let lines = lines(range.count)
    func end(_ parts: Int) -> Int {
      min(range.lowerBound + lines * parts / count * line, range.upperBound)
    }
    return end(part)..<end(part + 1)
  }
}
