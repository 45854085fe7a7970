import HTTPSupport
import Hummingbird
import Logging

/// Names each request, says in the log how it was answered, and counts it.
struct RecordingResponder: HTTPResponder {
  let routes: RouteResponder
  let statistics: RequestStatistics
  let proxies: [AddressRange]

  func respond(to request: Request, context: HTTPContext) async throws -> Response {
    var context = context
    context.logger[metadataKey: "request_id"] = .string(context.requestID)
    context.clientAddress = AddressRange.client(
      of: context.peer, forwarded: proxies.isEmpty ? nil : request.headers[.forwardedFor], through: proxies)
    let began = ContinuousClock.now
    var response = try await routes.respond(to: request, context: context)
    response.headers[.requestID] = context.requestID
    let seconds = (ContinuousClock.now - began) / .seconds(1)
    // Neither the path nor the query is told: both hold what the client chose, a token for instance.
    let route = context.isUnknownPath ? "unknown" : context.endpointPath ?? "unknown"
    let method = RouteTable.known.contains(request.method) ? request.method.rawValue : "other"
    statistics.note(.init(method: method, route: route, status: response.status.code), seconds: seconds)
    context.logger.log(
      level: response.status.code >= 500 ? .error : .info, "request",
      metadata: [
        "method": .string(method), "route": .string(route), "status": .stringConvertible(response.status.code),
        "ms": .stringConvertible((seconds * 1_000_000).rounded() / 1_000),
      ])
    return response
  }
}
