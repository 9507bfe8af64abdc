/// A format of PyTorch's that is taken for safetensors by mistake.
enum ForeignFormat {
  /// A zip archive, as `torch.save` writes.
  case zip
  /// A pickle, as `torch.save` wrote before PyTorch 1.6.
  case pickle

  /// Recognizes a format by the first 8 bytes of a file; nil if it is none of these.
  init?(firstBytes bytes: [UInt8]) {
    if bytes.starts(with: [UInt8(ascii: "P"), UInt8(ascii: "K"), 3, 4]) {
      self = .zip
    } else if bytes[0] == 0x80, (2...5).contains(bytes[1]), bytes[4...].contains(where: { $0 > 0 })
    {
      // The opcode PROTO and a protocol; as a header's length it would be of gigabytes.
      self = .pickle
    } else {
      return nil
    }
  }

  /// The phrase that says what the file at `path` is, and what to do.
  func reason(_ path: String) -> String {
    let finding =
      switch self {
      case .zip: "it is a zip archive, as torch.save writes, and no safetensors file"
      case .pickle: "it is a pickle, as torch.save once wrote, and no safetensors file"
      }
    return finding
      + "; make one of the state dict in it: python3 -c \"import torch, safetensors.torch as s; "
      + "s.save_file({k: v.contiguous() for k, v in torch.load('\(path)', map_location='cpu').items()}"
      + ", 'model.safetensors')\""
  }
}
