import Foundation

/// The words of the C library for an `errno`, such as "No space left on device".
///
/// The corresponding C function is `strerror`.
package func systemReason(_ code: Int32) -> String { String(cString: strerror(code)) }

/// The reason of a system's error in a few words: those of its `errno`, if it has one.
package func systemReason(_ error: any Error) -> String {
  let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
  if let underlying, underlying.domain == NSPOSIXErrorDomain {
    return systemReason(Int32(underlying.code))
  }
  return (error as NSError).localizedDescription
}
