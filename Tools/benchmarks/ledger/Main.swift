import CredentialLedger
import Glibc

/// The library's side of the benchmarks: each call measures one thing on one ledger, and prints one JSON object.
/// `Tools/bench` runs it; the figures of its rivals come from the programs beside it.
@main
struct LedgerBenchmarks {
  static let usage = """
    usage: ledger-benchmarks issue FOLDER CALLERS SECONDS
           ledger-benchmarks count FOLDER CALLERS TOKENS
           ledger-benchmarks fill FOLDER TOKENS EARLY
           ledger-benchmarks validate FOLDER TASKS SECONDS
           ledger-benchmarks validations FOLDER COUNT
           ledger-benchmarks audits FOLDER COUNT
           ledger-benchmarks backup FOLDER TOKENS CALLERS
           ledger-benchmarks evidence FOLDER RECORDS
           ledger-benchmarks pace FOLDER TOKENS
           ledger-benchmarks people FOLDER COUNT
           ledger-benchmarks several FOLDER COUNT SHARING
           ledger-benchmarks rebuild|verify|open|index|prove|latest|past|find|status|days FOLDER

    """

  static func main() {
    Task.detached {
      do {
        try await measure()
        exit(0)
      } catch {
        fail("\(error)\n", status: 1)
      }
    }
    // The main thread waits in the kernel: an asynchronous main would give it to the pool, under which valgrind fails.
    while true { pause() }
  }

  private static func measure() async throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard arguments.count >= 2 else { fail(usage, status: 2) }
    let folder = arguments[1]
    func number(_ index: Int) -> Int {
      guard arguments.indices.contains(index), let value = Int(arguments[index]), value >= 0 else {
        fail(usage, status: 2)
      }
      return value
    }
    let figures: [(String, Double)]
    switch arguments[0] {
    case "issue": figures = try await Issuing.forSeconds(number(3), callers: number(2), in: folder)
    case "count": figures = try await Issuing.tokens(number(3), callers: number(2), in: folder)
    case "fill": figures = try await Filling.run(number(2), early: number(3), in: folder)
    case "validate": figures = try await Validating.run(tasks: number(2), seconds: number(3), in: folder)
    case "validations": figures = try await Validating.run(count: number(2), in: folder)
    case "audits": figures = try await Auditing.audits(number(2), in: folder)
    case "backup": figures = try await BackingUp.run(number(2), callers: number(3), in: folder)
    case "rebuild": figures = try await Reading.rebuild(folder)
    case "verify": figures = try await Reading.verify(folder)
    case "open": figures = try await Reading.open(folder)
    case "index": figures = try await Reading.index(folder)
    case "prove": figures = try await Reading.prove(folder)
    case "latest": figures = try await Auditing.latest(folder)
    case "past": figures = try await Auditing.past(folder)
    case "evidence": figures = try await Auditing.evidence(number(2), in: folder)
    case "people": figures = try await Operating.people(number(2), in: folder)
    case "find": figures = try await Operating.find(folder)
    case "review": figures = try await Operating.review(folder)
    case "status": figures = try await Operating.status(folder)
    case "days": figures = try await Operating.days(folder)
    case "several": figures = try await Operating.several(number(2), isSharing: number(3) == 1, in: folder)
    case "pace": figures = try await Auditing.pace(number(2), in: folder)
    default: fail(usage, status: 2)
    }
    print("{" + figures.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}")
  }

  static func fail(_ text: String, status: Int32) -> Never {
    unsafe write(STDERR_FILENO, text, text.utf8.count)
    exit(status)
  }
}

extension LedgerConfiguration {
  /// How the benchmarks open ledgers: as anybody would, except that a tool that counts instructions may have less
  /// address space to give (`BENCHMARK_MAP_SIZE`, in bytes).
  static var benchmark: LedgerConfiguration {
    let mapSize = unsafe getenv("BENCHMARK_MAP_SIZE").flatMap { unsafe Int(String(cString: $0)) }
    return LedgerConfiguration(mapSize: mapSize)
  }
}

/// A time between two moments, in seconds.
func seconds(_ duration: Duration) -> Double {
  Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
}

/// The middle of some figures.
func median(_ figures: [Double]) -> Double { figures.sorted()[figures.count / 2] }

/// The middle of many times that something takes, in seconds.
func medianTime(_ body: () async throws -> Void) async throws -> Double {
  var times: [Double] = []
  for _ in 0..<101 {
    let start = ContinuousClock.now
    try await body()
    times.append(seconds(ContinuousClock.now - start))
  }
  return median(times)
}

/// What the kernel says of this process, by field; sizes are in KiB.
func processStatus() -> [String: Double] {
  guard let file = unsafe fopen("/proc/self/status", "r") else { return [:] }
  defer { unsafe fclose(file) }
  var fields: [String: Double] = [:]
  var line = [CChar](repeating: 0, count: 256)
  while unsafe fgets(&line, 256, file) != nil {
    let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let parts = text.split(separator: ":", maxSplits: 1)
    guard parts.count == 2, let number = Double(parts[1].filter(\.isNumber)) else { continue }
    fields[String(parts[0])] = number
  }
  return fields
}

/// Memory of this process outside every file's map, in bytes.
func anonymousMemory() -> Double { (processStatus()["RssAnon"] ?? 0) * 1_024 }
