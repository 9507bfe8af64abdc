import Files

extension ClusterDescription {
  /// Reads a description, or a report of `lockstep doctor`, which has one.
  ///
  /// - Throws: `FileError`.
  init(path: String) throws(FileError) {
    let file = try ReportFile(path: path)
    let object = try file.object()
    let isReport = object["cluster"] != nil
    let advice =
      "give the JSON report of lockstep doctor, or an object as "
      + "Sources/Experiments/Experiments.docc/Plan.md has it"
    var description: ClusterDescription
    if isReport {
      let report = try file.value(of: ExaminedCluster.self, advice: advice)
      description = report.cluster
      // The processors of the host that has the fewest for the job.
      let processors = report.hosts.map {
        min(Double($0.allowedProcessors), $0.processorQuota ?? .infinity)
      }.min()
      description.processorsPerHost = description.processorsPerHost ?? processors
    } else {
      for (place, keys, known) in [
        ("", object, Self.keys),
        ("link.", object["link"] as? [String: Any] ?? [:], Link.keys),
      ] {
        for key in keys.keys.sorted() where !known.contains(key) {
          throw file.malformed(
            "it has a key \(place)\(key.excerpt()), which is none of \(known.joined(separator: ", "))",
            advice: advice)
        }
      }
      description = try file.value(of: ClusterDescription.self, advice: advice)
    }
    for (key, number, range) in description.numbers where !range.contains(number) {
      throw file.malformed(
        "\(isReport ? "cluster." : "")\(key) is \(number.shortText); expected a number from "
          + "\(range.lowerBound.shortText) to \(range.upperBound.shortText)", advice: advice)
    }
    guard description.processorsPerHost == nil || description.processorsInAll == nil || isReport
    else {
      throw file.malformed(
        "it has both processorsPerHost and processorsInAll", advice: "leave one of them out")
    }
    self = description
  }

  private static let keys = [
    "hosts", "ranksPerHost", "threadsPerRank", "processorsPerHost", "processorsInAll", "link",
  ]

  private var numbers: [(String, Double, ClosedRange<Double>)] {
    let counts = [
      ("hosts", hosts), ("ranksPerHost", ranksPerHost), ("threadsPerRank", threadsPerRank),
    ].map { ($0, Double($1), 1.0...65_536.0) }
    let processors = [
      ("processorsPerHost", processorsPerHost), ("processorsInAll", processorsInAll),
    ].compactMap { key, number in number.map { (key, $0, 0.01...1e6) } }
    guard let link else { return counts + processors }
    return counts + processors + [
      ("link.latencySeconds", link.latencySeconds, 0...100),
      ("link.bytesPerSecond", link.bytesPerSecond, 1...1e15),
      ("link.burstBytes", link.burstBytes ?? 0, 0...1e15),
      ("link.processorSecondsPerByte", link.processorSecondsPerByte ?? 0, 0...1),
    ]
  }
}

extension ClusterDescription.Link {
  fileprivate static let keys = [
    "latencySeconds", "bytesPerSecond", "burstBytes", "processorSecondsPerByte",
  ]
}

/// The cluster in a report of the doctor.
private struct ExaminedCluster: Decodable {
  struct Host: Decodable {
    let allowedProcessors: Int
    let processorQuota: Double?
  }

  let cluster: ClusterDescription
  let hosts: [Host]
}
