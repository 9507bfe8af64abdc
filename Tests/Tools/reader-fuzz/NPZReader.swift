import Datasets
import Glibc
import TestSupport

/// Archives of NumPy arrays: whole ones of damaged arrays, damaged archives, and bombs.
struct NPZReader: FuzzedReader {
  private let folder: String
  private let arrays: [[UInt8]]
  private let bombs: [[UInt8]]
  private let names = ["train-x.npy", "train-y.npy", "train-lengths.npy"]
  let seeds: [[UInt8]]

  init(folder: String) throws {
    self.folder = folder + "/npz"
    guard mkdir(self.folder, 0o700) == 0 || errno == EEXIST else {
      throw BrokenPromise("cannot make \(self.folder)")
    }
    let integers = (0..<6).map { Int32(1 + $0 % 4) }
    arrays = [
      npy("<f4", [6, 4, 3], bytes((0..<72).map { Float($0) })), npy("<i4", [6], bytes(integers)),
      npy("<i4", [6], bytes(integers)),
    ]
    let members = Array(zip(names, arrays)).map { (name: $0, bytes: $1) }
    seeds =
      [false, true].flatMap { isDeflated in
        [false, true].map { zipArchive(members, isDeflated: isDeflated, isLarge: $0) }
      } + [
        zipArchive(members.dropLast().map { ($0.name.replacing("-", with: "_"), $0.bytes) }),
        zipArchive([("x_train.npy", arrays[0]), ("y_train.npy", arrays[1])], isDeflated: true),
      ]
    // What inflates to far more than it is: of a header that agrees, and of one that does not.
    let zeros = [UInt8](repeating: 0, count: 80 << 20)
    bombs = [
      zipArchive(
        [("train-x.npy", npy("|u1", [6, zeros.count / 6], zeros))] + members[1...2],
        isDeflated: true),
      zipArchive([("train-x.npy", npy("|u1", [6, 3], zeros))] + members[1...2], isDeflated: true),
    ]
  }

  mutating func makeInput(_ random: inout InputGenerator) -> [UInt8] {
    if random.once(in: 1000) { return random.pick(bombs) }
    if random.once(in: 3) {
      // A good archive of a bad array, under a name that may be another's.
      var members = Array(zip(names, arrays)).map { (name: $0, bytes: $1) }
      let index = random.below(3)
      mutateBlindly(&members[index].bytes, &random)
      if random.once(in: 4) { members[index].name = random.pick(names + ["", "x_train.npy"]) }
      if random.once(in: 4) { members.append(random.pick(members)) }
      return zipArchive(members, isDeflated: random.once(in: 2), isLarge: random.once(in: 2))
    }
    var bytes = random.pick(seeds)
    for _ in 0..<1 + random.below(3) {
      if random.once(in: 3) || bytes.count < 200 {
        mutateBlindly(&bytes, &random)
        continue
      }
      // A number somewhere: most are in the directory, which is at the end.
      let width = random.pick([2, 4, 8])
      let place = bytes.count - width - random.below(random.once(in: 4) ? bytes.count - 8 : 180)
      let value = littleEndian(UInt(random.pick(extremeNumbers)), size: width)
      bytes.replaceSubrange(max(place, 0)..<max(place, 0) + width, with: value)
    }
    return bytes
  }

  func read(_ path: String, _ random: inout InputGenerator) throws {
    let file = folder + "/data.npz"
    unlink(file)
    guard symlink(path, file) == 0 else { throw BrokenPromise("cannot link \(file)") }
    try ArrayFolder.read(folder)
  }

  static func isRefusal(_ error: any Error) -> Bool { error is DatasetError }
}
