/// An error with an exit status of its own.
package protocol HasExitStatus: Error {
  /// The exit status of a program that ends with it.
  var exitStatus: Int32 { get }
}
