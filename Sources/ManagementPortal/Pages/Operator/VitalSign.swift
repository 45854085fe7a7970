import CredentialLedger
import LedgerOperations

/// What the page says of one sign of a ledger's health: its value, what it means, how well it is, and what mends it. ``Vitals``
/// judges it.
struct VitalSign: Sendable {
  let name: String
  let value: HTML
  let meaning: HTML
  let state: Vitals.State
  /// What mends it; shown where it is not well.
  let remedy: HTML

  init(_ name: String, _ value: HTML, _ meaning: HTML, _ state: Vitals.State = .good, remedy: HTML = .empty) {
    self.name = name
    self.value = value
    self.meaning = meaning
    self.state = state
    self.remedy = remedy
  }

  /// Whether somebody has to look.
  var needsSomebody: Bool { state == .watch || state == .bad }

  /// As the page of the ledger's health shows it.
  var html: HTML {
    #"""
    <div><dt><span>\#(name)</span>\#(state.status)</dt><dd>\#(value)<p class="hint">\#(meaning)</p>\#(when(state != .good && remedy != .empty, #"<p class="hint">\#(remedy)</p>"#))</dd></div>
    """#
  }

  /// A number with its unit, which reads from left to right in every language.
  static func figure(_ text: String) -> HTML { #"<bdi dir="ltr">\#(text)</bdi>"# }

  /// A number with one digit behind the point.
  static func decimal(_ value: Double) -> String {
    let tenths = value.isFinite ? Int((min(abs(value), 1e12) * 10).rounded()) : 0
    return "\(value < 0 && tenths > 0 ? "-" : "")\(tenths / 10).\(tenths % 10)"
  }

  private static func mebibytes(_ count: UInt64) -> HTML { figure("\(Part.number(count >> 20)) MiB") }

  private static func seconds(_ duration: Duration) -> Double { duration / .seconds(1) }
}

extension Vitals.State {
  /// The word for it, with its mark.
  var status: HTML {
    switch self {
    case .good: Part.status("good", "OK")
    case .watch: Part.status("warn", "Watch")
    case .bad: Part.status("bad", "Late")
    case .unknown: Part.status("", "Not known")
    }
  }
}

extension VitalSign {
  /// The signs of a ledger, in the order of its page.
  static func all(of vitals: Vitals) -> [VitalSign] {
    [
      writing(vitals), VitalSign("Events", "\(Part.number(vitals.head))", "Everything that was ever recorded."),
      tables(vitals), checkpoint(vitals), cosignatures(vitals), batches(vitals), latency(vitals), map(vitals),
      disk(vitals), readers(vitals), index(vitals), webhooks(vitals), clock(vitals), backups(vitals),
      waiting(vitals),
    ]
  }

  private static func writing(_ vitals: Vitals) -> VitalSign {
    let meaning: HTML = "What commands are answered with."
    guard let fault = vitals.fault else { return VitalSign("Writing", "Ready", meaning) }
    return VitalSign(
      "Writing", "<code>\(fault)</code>", meaning, vitals.state(of: .writing),
      remedy: "What is wrong, and what to do: <code>credledger doctor</code>")
  }

  private static func tables(_ vitals: Vitals) -> VitalSign {
    let meaning: HTML = "The tables that answers are read from."
    guard !vitals.damagedTables.isEmpty else { return VitalSign("Tables", "Sound", meaning) }
    return VitalSign(
      "Tables", "<code>\(vitals.damagedTables.joined(separator: ", "))</code>",
      "Nothing is answered from a damaged table.", vitals.state(of: .tables),
      remedy: "Make them anew from the events: <code>credledger replay --rebuild</code>")
  }

  private static func checkpoint(_ vitals: Vitals) -> VitalSign {
    let behind = vitals.unsignedSeconds
    let meaning: HTML =
      behind == 0 ? "Every event is under it." : "The oldest event beyond it is \(Int(min(behind, 1e12))) s old."
    let value: HTML = "over \(Part.number(vitals.signedSize))"
    let signing = vitals.state(of: .signing)
    guard signing == .good else {
      return VitalSign(
        "Checkpoint", value, meaning, signing,
        remedy: "Bring the signing key back, or replace it: <code>credledger key rotate-signing</code>")
    }
    return VitalSign(
      "Checkpoint", value, meaning, vitals.state(of: .checkpoint),
      remedy: "Look into the server’s log. With no server running: <code>credledger checkpoint</code>")
  }

  private static func cosignatures(_ vitals: Vitals) -> VitalSign {
    let remedy: HTML =
      "Have a newer one cosigned, and name its file by <code>portal.cosigned</code> and <code>portal.witness-key</code>."
    let words: (value: HTML, meaning: HTML) =
      switch vitals.cosigned {
      case .unnamed: ("Not known", "No file of a cosigned checkpoint is named.")
      case .unreadable: ("Not known", "The file cannot be read, or has no checkpoint of this ledger.")
      case .missing: ("None", "The witness has not cosigned the checkpoint of the file.")
      case .made(let time): (Part.ago(time, now: vitals.now), "The witness cosigned the history up to then.")
      }
    return VitalSign("Cosignatures", words.value, words.meaning, vitals.state(of: .cosignatures), remedy: remedy)
  }

  private static func batches(_ vitals: Vitals) -> VitalSign {
    let batches = vitals.batches
    guard batches.count > 0 else {
      return VitalSign("Batch sizes", "None yet", "Nothing was committed since the server started.")
    }
    let high = batches.high.map { "\(Int($0))" } ?? "4,096"
    let meaning: HTML =
      batches.high == nil
      ? "Events in a commit on average; some have more than \(high)."
      : "Events in a commit on average; 99 of 100 have at most \(high)."
    return VitalSign("Batch sizes", figure(decimal(batches.mean)), meaning)
  }

  private static func latency(_ vitals: Vitals) -> VitalSign {
    let commits = vitals.commits
    guard commits.count > 0 else {
      return VitalSign("Commit latency", "None yet", "Nothing was committed since the server started.")
    }
    let meaning: HTML =
      commits.high.map { "A commit on average, its sync included; 99 of 100 take at most \(decimal($0 * 1_000)) ms." }
      ?? "A commit on average, its sync included; some take more than 1 s."
    return VitalSign(
      "Commit latency", figure("\(decimal(commits.mean * 1_000)) ms"), meaning,
      vitals.state(of: .commits),
      remedy: "The disk syncs slowly. See what else writes to it, or move the ledger to a faster one.")
  }

  private static func map(_ vitals: Vitals) -> VitalSign {
    let share = vitals.mapBytes > 0 ? Double(vitals.usedBytes) / Double(vitals.mapBytes) * 100 : 0
    return VitalSign(
      "Map", figure("\(Int(min(share, 100))) %"),
      "\(mebibytes(UInt64(max(0, vitals.usedBytes)))) of \(mebibytes(UInt64(max(0, vitals.mapBytes)))) are in use. It grows by itself."
    )
  }

  private static func disk(_ vitals: Vitals) -> VitalSign {
    VitalSign(
      "Disk", mebibytes(vitals.freeDiskBytes), "What the disk of the ledger has left.", vitals.state(of: .disk),
      remedy: "Enlarge it, or remove records: <code>credledger archive</code>, <code>credledger retention</code>")
  }

  private static func readers(_ vitals: Vitals) -> VitalSign {
    VitalSign(
      "Readers", "\(Part.number(UInt64(max(0, vitals.readers))))",
      "The oldest has read for \(decimal(seconds(vitals.oldestRead))) s. Pages that it may need are not used again.",
      vitals.state(of: .readers),
      remedy: "Find the process that reads so long: <code>credledger doctor</code>")
  }

  private static func index(_ vitals: Vitals) -> VitalSign {
    VitalSign(
      "Index lag", "\(Part.number(vitals.unindexed))", "Events that the audit trail’s index does not cover yet.",
      vitals.state(of: .index),
      remedy: "Keep the server running: the index catches up by itself.")
  }

  private static func webhooks(_ vitals: Vitals) -> VitalSign {
    VitalSign(
      "Webhook backlog", "\(Part.number(UInt64(max(0, vitals.waitingDeliveries))))",
      "Deliveries that wait. The next is late by \(decimal(vitals.deliveryDelay)) s.", vitals.state(of: .webhooks),
      remedy: "Look into the server’s log, and at the webhooks of a connector: <code>credledger webhook list</code>")
  }

  private static func clock(_ vitals: Vitals) -> VitalSign {
    let ahead = seconds(vitals.clock - vitals.now)
    let value = figure("\(ahead > 0 ? "+" : "")\(decimal(ahead)) s")
    let state = vitals.state(of: .clock)
    guard state == .good else {
      return VitalSign(
        "Clock", value, "The machine’s clock was set, and commands are refused.", state,
        remedy: "Set it right, or confirm it: <code>credledger clock accept</code>")
    }
    return VitalSign(
      "Clock", value,
      vitals.isClockSynchronized
        ? "The machine’s clock beside the ledger’s time. It is synchronised."
        : "The machine’s clock beside the ledger’s time. The system does not say that it is synchronised.")
  }

  private static func backups(_ vitals: Vitals) -> VitalSign {
    let remedy: HTML =
      "Make one, and name its folder by <code>portal.backups</code>: <code>credledger backup</code>"
    let words: (value: HTML, meaning: HTML) =
      switch vitals.backup {
      case .unnamed: ("Not known", "No folder of backups is named.")
      case .unreadable: ("Not known", "The folder of backups cannot be read.")
      case .missing: ("None", "The folder has no backup of this ledger.")
      case .made(let time): (Part.ago(time, now: vitals.now), "The newest one. Nothing of it is verified here.")
      }
    return VitalSign("Backups", words.value, words.meaning, vitals.state(of: .backups), remedy: remedy)
  }

  private static func waiting(_ vitals: Vitals) -> VitalSign {
    VitalSign(
      "Waiting requests", "\(vitals.waiting)", "Requests that the writer has not taken yet.",
      vitals.state(of: .waiting),
      remedy: "The disk syncs slowly. See what else writes to it, or move the ledger to a faster one.")
  }
}
