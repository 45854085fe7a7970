import ArgumentParser
import CredentialLedger
import MessageStore

struct MessagesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "messages", abstract: "Back up the messages of groups.",
    discussion: """
      EXAMPLES
        credledger messages backup /backup/messages-1 --keys /safe/message-keys-1 --ledger /var/lib/credledger
      """, subcommands: [Backup.self])

  struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Copy the messages and the keys of their authors, while a server goes on.",
      discussion: """
        Both folders are new, and private to their owner. The copy is read whole before the command ends: each text opens under \
        its author's key. Where that fails nothing is left of either folder.

        Somebody who has both folders can read what people wrote who are erased later: keep the keys elsewhere, keep few, and \
        let them expire. To restore, stop the server, and put the folders to LEDGER.messages/messages and LEDGER.messages/keys.

        Exit status: 1 where a folder exists already; 3 where there are no messages, or what is stored is damaged.

        EXAMPLES
          credledger messages backup /backup/messages-1 --keys /safe/message-keys-1 --ledger /var/lib/credledger
          credledger messages backup ./copy --keys ./keys-copy --folder /srv/messages --format json
        """)

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The new folder for the messages.") var copy: String
    @Option(help: ArgumentHelp("The new folder for the keys.", valueName: "dir")) var keys: String
    @Option(
      help: ArgumentHelp(
        "Where the server keeps the messages, as its setting messages.folder says; without it the ledger's path with .messages behind it.",
        valueName: "dir"))
    var folder: String?

    func run() async throws {
      var path = try ledger.requireFolder()
      while path.count > 1, path.hasSuffix("/") { path.removeLast() }
      let (store, copy, keys) = (folder ?? path + ".messages", copy, keys)
      let report = try await ledger.reading { opened in
        do throws(MessagingError) {
          return try await MessageStore.copy(
            from: store, origin: opened.origin, master: opened.masterKeySource, messages: copy, keys: keys)
        } catch {
          guard error.code == .invalid else { throw CannotRead(reason: error.reason) }
          throw CheckFailed(reason: "\(error.reason) [invalid_value]", code: .invalidValue)
        }
      }
      output.format.show(
        .object([
          ("backup", .string(copy)), ("keys", .string(keys)), ("messages", .number(report.messages)),
          ("newest", .number(report.newest)), ("unreadable", .number(report.unreadable)),
          ("authors", .number(UInt64(report.authors))), ("hasMasterKey", .bool(report.hasMasterKey)),
        ]),
        [
          "\(count(report.messages, "message")) up to number \(report.newest) in \(copy), each read back"
            + (report.unreadable > 0 ? "; \(report.unreadable) of authors who are erased" : ""),
          "keys of \(count(report.authors, "author")) in \(keys): keep them where the backups of messages are not",
        ] + (report.hasMasterKey ? ["the master key is with them, since it is kept in their folder"] : []))
    }
  }
}
