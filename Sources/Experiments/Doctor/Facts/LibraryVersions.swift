import Foundation

/// The versions of the network libraries that MPI's components would load on this host; nil for
/// those that are not there.
enum LibraryVersions {
  /// The version of libfabric, such as 1.17. The corresponding C function is `fi_version`.
  static var libfabric: String? {
    symbol("fi_version", in: "libfabric.so.1").map {
      let version = unsafeBitCast($0, to: (@convention(c) () -> UInt32).self)()
      return "\(version >> 16).\(version & 0xFFFF)"
    }
  }

  /// The version of UCX, such as 1.13.1. The corresponding C function is `ucp_get_version`.
  static var ucx: String? {
    symbol("ucp_get_version", in: "libucp.so.0").map {
      typealias Function =
        @convention(c) (
          UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt32>
        ) -> Void
      var (major, minor, release) = (UInt32(0), UInt32(0), UInt32(0))
      unsafeBitCast($0, to: Function.self)(&major, &minor, &release)
      return "\(major).\(minor).\(release)"
    }
  }

  /// The address of a function in a library, which stays loaded.
  private static func symbol(_ name: String, in library: String) -> UnsafeMutableRawPointer? {
    dlopen(library, RTLD_LAZY | RTLD_LOCAL).flatMap { dlsym($0, name) }
  }
}
