import Foundation

/// The files with parameters of Open MPI that a process reads when MPI starts: those of the system and
/// of the person.
///
/// Source: <https://www.open-mpi.org/faq/?category=tuning#setting-mca-params>.
struct MPIParameterFiles {
  let paths: [String]

  /// The files of this process; nil if its environment names others.
  init?(_ environment: [String: String]) {
    let others = ["param_files", "param_file_prefix", "envar_file_prefix", "param_file_path"]
    guard others.allSatisfy({ environment["OMPI_MCA_mca_base_\($0)"] == nil }) else { return nil }
    let name = "openmpi-mca-params.conf"
    var folders = ["/etc/openmpi", "/etc"]
    folders += [environment["OPAL_SYSCONFDIR"], environment["OPAL_PREFIX"].map { $0 + "/etc" }]
      .compactMap(\.self)
    // An Open MPI of one's own is usually in a folder with lib and etc.
    let maps = (try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8)) ?? ""
    if let line = maps.split(separator: "\n").first(where: { $0.contains("/libmpi.so") }),
      let path = line.split(separator: " ").last
    {
      folders.append(URL(filePath: "\(path)/../../etc").standardized.path)
    }
    paths =
      folders.map { "\($0)/\(name)" }
      + [environment["HOME"].map { $0 + "/.openmpi/mca-params.conf" }].compactMap(\.self)
  }

  /// True if one of the files gives one of some parameters, which are lists of components, another value
  /// than a list of components to leave out (`^ucx,ofi`) without any that are `needed`.
  func choose(anyOf names: [String], needed: [String]) -> Bool {
    paths.contains { path in
      let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
      return text.split(whereSeparator: \.isNewline).contains { line in
        let words = line.split(separator: "=", maxSplits: 1).map {
          $0.trimmingCharacters(in: .whitespaces)
        }
        guard words.count == 2, names.contains(words[0]) else { return false }
        guard words[1].hasPrefix("^") else { return true }
        let left = words[1].dropFirst().split(separator: ",").map {
          $0.trimmingCharacters(in: .whitespaces)
        }
        return left.contains(where: needed.contains)
      }
    }
  }
}
