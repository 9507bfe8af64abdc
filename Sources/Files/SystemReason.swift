import Foundation

/// The words of the C library for an `errno`, such as "No space left on device".
///
/// The corresponding C function is `strerror`.
package func systemReason(_ code: Int32) -> String { String(cString: strerror(code)) }

/// The reason of a system's error in a few words: those of its `errno`, which Foundation keeps under
/// words and codes of its own.
package func systemReason(_ error: any Error) -> String {
  let error = error as NSError
  if error.domain == NSPOSIXErrorDomain { return systemReason(Int32(error.code)) }
  if let underlying = error.userInfo[NSUnderlyingErrorKey] as? any Error {
    return systemReason(underlying)
  }
  let codes: [CocoaError.Code: Int32] = [
    .fileNoSuchFile: ENOENT, .fileReadNoSuchFile: ENOENT, .fileReadNoPermission: EACCES,
    .fileWriteNoPermission: EACCES, .fileWriteOutOfSpace: ENOSPC, .fileWriteFileExists: EEXIST,
    .fileWriteVolumeReadOnly: EROFS, .fileReadInvalidFileName: EINVAL,
    .fileWriteInvalidFileName: EINVAL, .fileReadTooLarge: EFBIG,
  ]
  if error.domain == NSCocoaErrorDomain, let code = codes[CocoaError.Code(rawValue: error.code)] {
    return systemReason(code)
  }
  return error.localizedDescription
}
