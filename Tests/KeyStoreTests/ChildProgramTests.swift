import Glibc
import KeyStore
import TestSupport
import Testing

@Suite("Programs that are started")
struct ChildProgramTests {
  @Test("A program gets the variables that are named, and no descriptor but its standard ones")
  func environment() throws {
    let folder = TemporaryFolder.inMemory()
    // Without the flag that closes it, as a careless library opens one.
    let left = unsafe open(folder.path, O_RDONLY | O_DIRECTORY)
    defer { close(left) }
    let seen = try ChildProgram("/usr/bin/env", [], inheriting: { $0 == "PATH" }).run(outputLimit: 4_096)
    #expect(String(decoding: seen.output, as: UTF8.self).split(separator: "\n").allSatisfy { $0.hasPrefix("PATH=") })
    let held = try ChildProgram("/bin/ls", ["/proc/self/fd"], inheriting: { _ in false }).run(outputLimit: 4_096)
    // The last one is the listing's own.
    #expect(String(decoding: held.output, as: UTF8.self).split(separator: "\n") == ["0", "1", "2", "3"])
  }

  @Test("What goes wrong is said: a status, output without end, time, a program that is not there")
  func failures() throws {
    let all: @Sendable (Substring) -> Bool = { _ in true }
    let echoed = try ChildProgram("/bin/cat", [], inheriting: all).run(input: [1, 2, 3], outputLimit: 3)
    #expect(echoed.status == 0 && echoed.output == [1, 2, 3])
    let failed = try ChildProgram("/bin/sh", ["-c", "echo first >&2; echo why >&2; exit 7"], inheriting: all)
      .run(outputLimit: 10)
    #expect(failed.status == 7 && failed.failure(of: "it") == "it ended with status 7: why")
    for (program, seconds, reason) in [
      (ChildProgram("/usr/bin/yes", [], inheriting: all), 600, "more than 10 bytes"),
      (ChildProgram("/bin/sleep", ["6000"], inheriting: all), 1, "more than 1 seconds"),
      (ChildProgram("/nowhere/x", [], inheriting: all), 600, "could not be started"),
    ] {
      let error = #expect(throws: ChildProgram.Failure.self) { _ = try program.run(outputLimit: 10, seconds: seconds) }
      #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
    }
  }
}
