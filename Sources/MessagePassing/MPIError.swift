import CMPI

/// An error of a call of MPI: the function, the class of the error, and a sentence about it.
///
/// Calls that MPI itself refuses carry MPI's code and the text of `MPI_Error_string`. Calls that
/// this module refuses before MPI sees them (a span of the wrong length, a count that MPI cannot
/// express) carry the standard's error class as their code, and a sentence that names both what was
/// found and what was expected.
///
/// The corresponding C functions are `MPI_Error_class` and `MPI_Error_string`.
public struct MPIError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The value that the C function returned, or the error class of a call that never reached MPI.
  public let code: Int32
  /// The class that the standard assigns to the code.
  public let errorClass: ErrorClass
  /// The C function that failed or would have been called, such as `MPI_Allreduce`.
  public let function: String
  /// One sentence: MPI's own text, or this module's reason for refusing the call.
  public let message: String

  /// The function and the sentence.
  public var description: String { "\(function): \(message)" }

  /// Describes an error that MPI returned.
  init(code: Int32, function: StaticString) {
    var errorClass = code
    var text = "MPI returned the error code \(code)"
    if isMPIActive() {
      MPI_Error_class(code, &errorClass)
      text =
        readText(capacity: Int(MPI_MAX_ERROR_STRING)) { MPI_Error_string(code, $0, $1) } ?? text
    }
    text = Self.sentence(of: text)
    self.code = code
    self.errorClass = ErrorClass(rawValue: errorClass)
    self.function = "\(function)"
    self.message = text
  }

  /// The sentence in an error's text.
  ///
  /// Open MPI's text is one. MPICH's is a stack of calls, each as `function(line): sentence`, under
  /// the name of the class; the last call knows most.
  static func sentence(of text: String) -> String {
    let lines = text.split(separator: "\n")
    guard lines.count > 1, let last = lines.last else { return text }
    let name = lines[0].replacing(", error stack:", with: "")
    let cause = last.trimmingPrefix(/[\w ]+\(\d+\)\.*: */)
    return cause.hasPrefix(name) ? String(cause) : "\(name): \(cause)"
  }

  /// Describes an error that this module found before it called MPI.
  init(refusing function: StaticString, _ errorClass: ErrorClass, _ message: String) {
    self.code = errorClass.rawValue
    self.errorClass = errorClass
    self.function = "\(function)"
    self.message = message
  }
}

extension MPIError {
  /// A class of errors, as the MPI standard numbers them.
  public struct ErrorClass: RawRepresentable, Hashable, Sendable {
    /// The value of the C constant.
    public let rawValue: Int32

    /// The class with a C constant's value.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// A buffer that the call cannot use. The corresponding C constant is `MPI_ERR_BUFFER`.
    public static let buffer = Self(rawValue: MPI_ERR_BUFFER)
    /// A count that is negative, too large or not the others'. The C constant is `MPI_ERR_COUNT`.
    public static let count = Self(rawValue: MPI_ERR_COUNT)
    /// An element type that the call cannot use. The C constant is `MPI_ERR_TYPE`.
    public static let type = Self(rawValue: MPI_ERR_TYPE)
    /// A tag out of range. The C constant is `MPI_ERR_TAG`.
    public static let tag = Self(rawValue: MPI_ERR_TAG)
    /// A communicator that cannot be used. The C constant is `MPI_ERR_COMM`.
    public static let communicator = Self(rawValue: MPI_ERR_COMM)
    /// A rank that the communicator does not have. The C constant is `MPI_ERR_RANK`.
    public static let rank = Self(rawValue: MPI_ERR_RANK)
    /// A root that the communicator does not have. The C constant is `MPI_ERR_ROOT`.
    public static let root = Self(rawValue: MPI_ERR_ROOT)
    /// A reduction that the element type does not have. The C constant is `MPI_ERR_OP`.
    public static let operation = Self(rawValue: MPI_ERR_OP)
    /// An argument that fits no narrower class. The C constant is `MPI_ERR_ARG`.
    public static let argument = Self(rawValue: MPI_ERR_ARG)
    /// A message longer than the buffer that receives it. The C constant is `MPI_ERR_TRUNCATE`.
    public static let truncate = Self(rawValue: MPI_ERR_TRUNCATE)
    /// Memory that is not to be had. The C constant is `MPI_ERR_NO_MEM`.
    public static let noMemory = Self(rawValue: MPI_ERR_NO_MEM)
    /// An error of no other class. The C constant is `MPI_ERR_OTHER`.
    public static let other = Self(rawValue: MPI_ERR_OTHER)
    /// An error inside the MPI library. The C constant is `MPI_ERR_INTERN`.
    public static let `internal` = Self(rawValue: MPI_ERR_INTERN)
  }
}
