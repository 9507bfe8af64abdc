/// Sets the floats from `offset` on to bytes, scaled from 0...255 to [0, 1]: each exactly `Float(byte) / 255`,
/// as torchvision's `ToTensor` makes it.
package func scale(_ bytes: Span<UInt8>, into floats: inout MutableSpan<Float>, at offset: Int) {
  precondition(offset >= 0 && offset + bytes.count <= floats.count, "no room for the pixels")
  bytes.withUnsafeBufferPointer { bytes in
    floats.withUnsafeMutableBufferPointer { floats in
      guard let source = bytes.baseAddress, let target = floats.baseAddress else { return }
      Kernels.float32.table.pointee.scale_bytes(bytes.count, source, target + offset)
    }
  }
}
