import CredentialLedger
import Hummingbird
import Synchronization

/// What became of the numbers that somebody added to a group last, one answer for each session. Kept in memory alone, for ten minutes:
/// numbers are personal.
final class AddedMembers: Sendable {
  /// What became of one line.
  struct Line: Sendable {
    enum Outcome: Sendable {
      case invited
      /// A member already, or somebody who is invited.
      case present
      /// No phone number.
      case malformed
      /// Not tried any more, since one before it failed.
      case undone
    }

    /// The number, most digits hidden; nil of what is none.
    let masked: String?
    let outcome: Outcome
  }

  struct Answer: Sendable {
    /// Names the request.
    let id: String
    let group: GroupID
    let lines: [Line]
    /// What is to be typed again, as it was typed.
    let rest: String
    let endsAt: Timestamp
  }

  private let answers = Mutex<[String: Answer]>([:])

  /// Keeps an answer, and forgets those that are over.
  func keep(_ answer: Answer, for session: Session, at now: Timestamp) {
    answers.withLock { answers in
      answers = answers.filter { $0.value.endsAt > now }
      answers[session.key] = answer
    }
  }

  /// The answer to a request about a group; nil once it is over.
  func answer(_ id: String, of group: GroupID, for session: Session, at now: Timestamp) -> Answer? {
    guard let found = answers.withLock({ $0[session.key] }), found.id == id, found.group == group, found.endsAt > now
    else { return nil }
    return found
  }
}

/// Adding members by their numbers.
extension ManagementPortal {
  /// How many numbers a form may have.
  static let numberLimit = 200
  /// How long the answer to a form is kept.
  private static let answerTime = Duration.seconds(600)

  /// What is wrong with all of a form's lines; nil where one of them is a number at least.
  static func fault(in lines: [Substring]) -> String? {
    guard lines.count <= numberLimit else { return "Enter at most \(numberLimit) numbers at a time." }
    for line in lines where (try? PhoneNumber(String(line))) != nil { return nil }
    return "Enter each number with its country, such as +44 7700 900123."
  }

  /// Adds numbers to a group, one a line. A line that is refused stops no other.
  ///
  /// - Returns: what names the answer, which is kept for the page that the browser is sent to.
  /// - Throws: what refuses the first of them: then nothing was done.
  func addNumbers(
    _ lines: [Substring], to group: GroupID, as role: Role, _ visit: Visit, _ viewer: Viewer
  ) async throws(LedgerError) -> String {
    var results: [AddedMembers.Line] = []
    var rest: [Substring] = []
    var isStopped = false
    var isBegun = false
    for line in lines {
      guard !isStopped else {
        results.append(AddedMembers.Line(masked: nil, outcome: .undone))
        rest.append(line)
        continue
      }
      let number: PhoneNumber
      do throws(LedgerError) { number = try PhoneNumber(String(line)) } catch {
        results.append(AddedMembers.Line(masked: nil, outcome: .malformed))
        rest.append(line)
        continue
      }
      let masked = Self.masked(number.e164)
      do throws(LedgerError) {
        _ = try await ledger.groups.add(number, role: role, to: group, by: viewer.id, context: visit.recorded())
        results.append(AddedMembers.Line(masked: masked, outcome: .invited))
      } catch {
        if error.code.kind == .conflict {
          results.append(AddedMembers.Line(masked: masked, outcome: .present))
        } else {
          guard isBegun else { throw error }
          isStopped = true
          results.append(AddedMembers.Line(masked: masked, outcome: .undone))
          rest.append(line)
        }
      }
      isBegun = true
    }
    let now = try ledger.now
    let answer = AddedMembers.Answer(
      id: visit.context.requestID, group: group, lines: results, rest: rest.joined(separator: "\n"),
      endsAt: now + Self.answerTime)
    added.keep(answer, for: viewer.session, at: now)
    return answer.id
  }

  /// What became of a line, in words.
  static func status(of outcome: AddedMembers.Line.Outcome) -> HTML {
    switch outcome {
    case .invited: Part.status("good", "Invited")
    case .present: Part.status("none", "A member or invited already")
    case .malformed: Part.status("bad", "No phone number")
    case .undone: Part.status("warn", "Not added. Try again")
    }
  }

  /// What became of each line; empty where the visit is not about any.
  func additions(_ answer: AddedMembers.Answer?) -> HTML {
    guard let answer else { return .empty }
    let rows = answer.lines.enumerated().map { index, line -> HTML in
      #"""
      <tr><th scope="row" class="number">\#(index + 1)</th><td data-label="Number"><bdi dir="ltr">\#(line.masked ?? "–")</bdi></td><td data-label="Result">\#(Self.status(of: line.outcome))</td></tr>
      """#
    }
    return #"""
      <section class="stack" aria-labelledby="added-title"><h2 id="added-title">What became of each line</h2>
      <div class="table-box"><table class="lists"><caption class="visually-hidden">Added numbers</caption><thead><tr><th scope="col" class="number">Line</th><th scope="col">Number</th><th scope="col">Result</th></tr></thead><tbody>\#(rows)</tbody></table></div>
      <p class="small soft">Who is invited becomes a member by accepting, after verifying the number.</p></section>
      """#
  }
}
