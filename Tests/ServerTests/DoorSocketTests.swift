import Glibc
import TestSupport
import Testing

@testable import LedgerServer

/// The socket of the operators' door is its owner's alone, or takes no commands.
@Suite struct DoorSocketTests {
  private let folder = TemporaryFolder()
  private var file: String { "\(folder.path)/\(DoorSocket.name)" }

  /// Binds a socket in the folder, with any mode.
  private func bind(_ name: String = DoorSocket.name) throws {
    let script = "import socket, sys, os; os.umask(0); socket.socket(socket.AF_UNIX).bind(sys.argv[1])"
    let result = try runProgram(["python3", "-c", script, "\(folder.path)/\(name)"], of: "/usr/bin/env")
    #expect(result.status == 0, "\(result.error)")
  }

  private func found() async -> Bool {
    let socket = DoorSocket(in: folder.path)
    let isProtected = socket.protect()
    socket.settle()
    #expect(await socket.isOwnersAlone() == isProtected)
    return isProtected
  }

  @Test("One that anybody may use is taken from all others") func anybodyMay() async throws {
    try bind()
    #expect(await found())
    var status = stat()
    #expect(unsafe lstat(file, &status) == 0 && status.st_mode & 0o7777 == 0o600)
  }

  @Test("What goes by its name and is none is refused, and left as it is") func goesName() async throws {
    #expect(await !found())
    try bind("other.socket")
    unsafe symlink("other.socket", file)
    #expect(await !found())
    var status = stat()
    #expect(unsafe stat("\(folder.path)/other.socket", &status) == 0 && status.st_mode & 0o777 == 0o777)
    unsafe unlink(file)
    let plain = unsafe open(file, O_CREAT | O_WRONLY, 0o640)
    close(plain)
    #expect(await !found())
    #expect(unsafe lstat(file, &status) == 0 && status.st_mode & 0o777 == 0o640)
  }

  @Test("Another user's is refused", .enabled(if: geteuid() == 0, "a socket is given to another user by root alone"))
  func anotherUsers() async throws {
    try bind()
    unsafe chown(file, 65_534, 65_534)
    #expect(await !found())
  }
}
