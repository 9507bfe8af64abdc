import CZlib

/// A zip archive of members with their names, as `numpy.savez` writes it.
///
/// - Parameters:
///   - isDeflated: true to compress them, as `numpy.savez_compressed` does.
///   - isLarge: true to write sizes and places as archives of more than 4 GiB have them (ZIP64).
package func zipArchive(
  _ members: [(name: String, bytes: [UInt8])], isDeflated: Bool = false, isLarge: Bool = false
) -> [UInt8] {
  var (archive, directory) = ([UInt8](), [UInt8]())
  for (name, bytes) in members {
    let body =
      isDeflated ? deflated(bytes, level: 6, windowBits: -15, flush: Z_FINISH) : bytes
    let checksum = crc32(0, bytes, UInt32(bytes.count))
    func header(_ place: Int?) -> [UInt8] {
      let sizes = [body.count, bytes.count]
      // The sizes in the header, and those without room there in a field of their own.
      let large = isLarge ? [bytes.count, body.count] + (place.map { [$0] } ?? []) : []
      let extra =
        isLarge
        ? number(1, 2) + number(8 * large.count, 2) + large.flatMap { number($0, 8) } : []
      return number(isDeflated ? 8 : 0, 2) + number(0, 4) + number(Int(checksum), 4)
        + sizes.flatMap { number(isLarge ? 0xFFFF_FFFF : $0, 4) } + number(name.utf8.count, 2)
        + number(extra.count, 2)
        + (place.map { number(0, 10) + number(isLarge ? 0xFFFF_FFFF : $0, 4) } ?? [])
        + Array(name.utf8) + extra
    }
    directory += number(0x0201_4B50, 4) + number(45, 2) + number(45, 2) + number(0, 2)
    directory += header(archive.count)
    archive += number(0x0403_4B50, 4) + number(45, 2) + number(0, 2) + header(nil) + body
  }
  let place = archive.count
  archive += directory
  let end = archive.count
  if isLarge {
    archive += number(0x0606_4B50, 4) + number(44, 8) + number(45, 2) + number(45, 2)
    archive += number(0, 8) + number(members.count, 8) + number(members.count, 8)
    archive += number(directory.count, 8) + number(place, 8)
    archive += number(0x0706_4B50, 4) + number(0, 4) + number(end, 8) + number(1, 4)
  }
  archive += number(0x0605_4B50, 4) + number(0, 4)
  archive += number(isLarge ? 0xFFFF : members.count, 2)
  archive += number(isLarge ? 0xFFFF : members.count, 2)
  archive += number(isLarge ? 0xFFFF_FFFF : directory.count, 4)
  return archive + number(isLarge ? 0xFFFF_FFFF : place, 4) + number(0, 2)
}

/// The little-endian bytes of a number.
private func number(_ value: Int, _ byteCount: Int) -> [UInt8] {
  (0..<byteCount).map { $0 < 8 ? UInt8(truncatingIfNeeded: value >> (8 * $0)) : 0 }
}
