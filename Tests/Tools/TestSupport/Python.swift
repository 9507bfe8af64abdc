import Foundation

/// The Python that `launch/test` installs with the packages that read what Lockstep writes; there is
/// none where they cannot be had.
package let python: String? = {
  let path = builtProduct(named: "../../python/bin/python").standardized.path
  return FileManager.default.fileExists(atPath: path) ? path : nil
}()
