import CredentialLedger
import HTTPSupport
import HTTPTypes
import Hummingbird
import MessageStore

/// The messages of a group: to read and to answer, by its members alone. What people write here reaches webhooks as what
/// connectors post does.
extension ManagementPortal {
  /// For how long one answer tells of new messages. A browser asks again by itself; a server that stops waits no longer.
  private static let liveTime = Duration.seconds(15)

  /// The group that a path names, to a member of it. A role that reads everything else reads no messages.
  private func memberView(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> GroupView {
    let view = try await group(visit, viewer)
    guard view.role != nil else { throw .notFound("group") }
    return view
  }

  func messagesPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    try await messages(visit, viewer, problems: [], typed: "")
  }

  func postMessage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let view = try await memberView(visit, viewer)
    let typed = visit.form["message"]
    guard view.group.kind != .connectGroup || view.isAdmin else {
      throw .forbidden("In a public group admins write.")
    }
    let replyTo = PublicID(visit.form["reply"])
    guard let backend = messaging else { throw .notFound("page") }
    let head = try await asking { () throws(LedgerError) in try ledger.health.head }
    do throws(MessagingError) {
      _ = try await backend.post(
        NewMessage(typed, to: view.group.id, by: viewer.id, replyTo: replyTo, ledgerPosition: head))
    } catch {
      switch error.code {
      case .invalid:
        return try await messages(
          visit, viewer,
          problems: [Problem("message", "Write 1 to \(NewMessage.characterLimit) characters.")], typed: typed)
      case .notFound:
        return try await messages(
          visit, viewer, problems: [Problem("message", "The message that you answer is not there any more.")],
          typed: typed)
      case .conflict, .erased, .unavailable, .failed: throw .unavailable
      }
    }
    return .see("/portal/groups/\(view.group.id.rawValue)/messages")
  }

  private func messages(
    _ visit: Visit, _ viewer: Viewer, problems: [Problem], typed: String
  ) async throws(PortalFailure) -> Response {
    let view = try await memberView(visit, viewer)
    guard let backend = messaging else { throw .notFound("page") }
    let before = visit.query.number("after")
    let found: [Message]
    do throws(MessagingError) {
      found = try await backend.history(of: view.group.id, MessageRange(before: before, limit: Self.rowLimit))
    } catch { throw .unavailable }
    let authors = found.map { Subject($0.author) }
    let connectors = found.compactMap { $0.connector.map { Subject($0) } }
    let (labels, grants) = try await asking { () throws(LedgerError) in
      (
        try await ledger.audit.labels(of: authors + connectors, under: .withoutRecord(for: ledger)),
        try ledger.grants.states(of: view.group.id).count(where: \.isInForce)
      )
    }
    let base = "/portal/groups/\(view.group.id.rawValue)/messages"
    let now = try now
    let mayWrite = view.group.kind != .connectGroup || view.isAdmin
    let rows = found.map { message -> HTML in
      let answer: HTML = when(
        mayWrite, #"<a class="small" href="?reply=\#(message.reference.description)#message">Answer</a>"#)
      let author = labels[Subject(message.author)]?.name ?? "Erased person"
      let connector: HTML =
        message.connector.map { id -> HTML in
          let grant = message.grant?.description ?? ""
          return
            #"<small>Posted by the connector \#(Part.name(labels[Subject(id)]?.name ?? id.description)) under <code>\#(grant)</code></small>"#
        } ?? .empty
      let answered: HTML =
        message.replyTo.map { replied -> HTML in
          let text = found.first { $0.reference == replied }?.text ?? "an older message"
          return #"<small>In answer to “\#(String(text.prefix(60)))”</small>"#
        } ?? .empty
      return #"""
        <tr><th scope="row">\#(Part.name(author))\#(connector)\#(answered)</th><td data-label="Message"><bdi>\#(message.text ?? "(removed: its author was erased)")</bdi></td><td data-label="When" class="when">\#(Part.ago(message.postedAt, now: now))</td><td data-label="Actions">\#(answer)</td></tr>
        """#
    }
    let reply = visit.query["reply"].isEmpty ? visit.form["reply"] : visit.query["reply"]
    let form: HTML = #"""
      <section class="card stack" aria-labelledby="write-title"><h2 id="write-title">\#(reply.isEmpty ? "Write a message" : "Answer")</h2><form class="stack" method="post" action="\#(base)" novalidate>\#(viewer.token)<input type="hidden" name="reply" value="\#(reply)">\#(Part.problems(problems))
      \#(Part.field("message", "Message", hint: "At most \(NewMessage.characterLimit) characters.", error: problems.of("message")) { "<textarea \($0) rows=\"3\">\(typed)</textarea>" })
      <div class="button-row"><button class="button button-main">Send</button></div></form></section>
      """#
    let table: HTML =
      found.isEmpty
      ? #"<div class="card"><p>No messages yet.</p></div>"#
      : #"""
      <div class="table-box"><table class="lists named"><caption class="visually-hidden">Messages</caption><thead><tr><th scope="col">Who</th><th scope="col">Message</th><th scope="col">When</th><th scope="col">Actions</th></tr></thead><tbody>\#(rows)</tbody></table></div>
      """#
    let older: HTML =
      found.count == Self.rowLimit
      ? #"<p class="pager"><a href="?after=\#(found.last?.number ?? 0)">Older</a></p>"# : .empty
    let newest = found.first?.number ?? 0
    let live: HTML =
      before == nil ? #" data-live="\#(base)/live?from=\#(newest)" data-newest="\#(newest)""# : .empty
    let fresh = visit.lastSeen.map { seen in found.count { $0.number > seen } } ?? 0
    let news = Self.news(fresh, "new message", isAll: fresh == Self.rowLimit)
    let content: HTML = #"""
      \#(groupHead(view, tab: "messages", connectors: grants))
      \#(when(mayWrite, form))
      <div\#(live)>\#(news)\#(table)</div>\#(older)
      """#
    let response = Response.html(
      layout().page(
        Page("Messages of \(Part.name(view.group.name))", at: .groups, hasProblem: !problems.isEmpty, content),
        for: viewer),
      status: problems.isEmpty ? .ok : .unprocessableContent)
    return response.askedByScripts
  }

  /// Tells a browser of new messages by server-sent events (WHATWG HTML section 9.2): the number of the newest, and no text.
  func liveMessages(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let view = try await memberView(visit, viewer)
    guard let backend = messaging else { throw .notFound("page") }
    let last = visit.lastSeen ?? visit.query.number("from") ?? 0
    let group = view.group.id
    return Response(
      status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
      body: ResponseBody { writer in
        try await writer.write(ByteBuffer(string: "retry: 1000\n\n"))
        var last = last
        let end = ContinuousClock.now + Self.liveTime
        while ContinuousClock.now < end, !Task.isCancelled {
          let newest = try await backend.history(of: group, MessageRange(after: last, limit: 1)).first
          if let newest {
            last = newest.number
            try await writer.write(ByteBuffer(string: "id: \(last)\ndata: \(last)\n\n"))
          }
          try await Task.sleep(for: .milliseconds(500))
        }
        try await writer.finish(nil)
      })
  }
}

extension PortalFailure {
  fileprivate static let unavailable = PortalFailure(
    status: .serviceUnavailable, title: "Messages cannot be read or written now",
    remedy: "Tell your operator the request ID.", code: "messages_unavailable", retryAfter: 10)
}
