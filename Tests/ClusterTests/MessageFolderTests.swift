import Cluster
import Testing

@Suite("The folder of Open MPI's messages within a host")
struct MessageFolderTests {
  private func folder(ranks: Int, usual: Int?, other: Int? = 1 << 40) -> MessageFolder {
    MessageFolder(ranks: ranks, alternative: "/elsewhere") {
      $0 == MessageFolder.usual ? usual : other
    }
  }

  @Test("It is the usual one where that has room for every rank, or is not there")
  func usual() {
    for folder in [
      folder(ranks: 4, usual: 64 << 20), folder(ranks: 1, usual: 0), folder(ranks: 4, usual: nil),
    ] {
      #expect(folder.path == nil && folder.warning == nil)
    }
  }

  @Test("It is another where that has no room, and the sentence has the numbers")
  func another() throws {
    let folder = folder(ranks: 64, usual: 64 << 20)
    #expect(folder.path == "/elsewhere")
    let warning = try #require(folder.warning)
    #expect(
      warning.hasPrefix(
        "/dev/shm has 64 MiB free, and messages between 64 ranks may take 264 MiB: they go through "
          + "files in /elsewhere"), "\(warning)")
  }

  @Test("Where there is no room anywhere, that is said")
  func none() throws {
    let folder = folder(ranks: 4, usual: 1 << 20, other: nil)
    #expect(folder.path == nil)
    #expect(try #require(folder.warning).contains("a rank may end with SIGBUS"))
  }
}
