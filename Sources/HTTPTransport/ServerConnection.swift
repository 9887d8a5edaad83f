import CMicroHTTPD

/// One connection, driven by libmicrohttpd's callbacks. Belongs to one network thread: only `watched` and the run of a
/// handler are shared with others.
final class ServerConnection {
    /// What is known of the request that the connection is on.
    private struct Exchange {
        var identifier: String
        var started: Int64
        var head: RequestHead?
        var receiver: BodyReceiver?
        /// What the route's admission said, for its handler.
        var admission: (any Sendable)?
        /// Decided before the body was complete: the rest of the body is thrown away, up to `discardable` bytes.
        var refusal: Problem?
        var discardable = 0
        var run: HandlerRun?
        var isSuspended = false
        var status = 0
        var responseBytes = 0
    }

    /// A body that is refused is still read if it is no longer than this, so that the client gets to read the refusal and
    /// keeps its connection. A longer one would be read for nothing: there the connection is closed.
    private static let discardLimit = 256 << 10

    let watched: WatchedConnection
    private let core: ServerCore
    private let handle: OpaquePointer
    private let remoteAddress: String
    private var target = ""
    private var exchange: Exchange?

    init(_ core: ServerCore, _ handle: OpaquePointer, descriptor: Int32, remoteAddress: String) {
        self.core = core
        self.handle = handle
        self.remoteAddress = remoteAddress
        watched = WatchedConnection(descriptor: descriptor)
    }

    /// The request line has come.
    func begin(target: String) { self.target = target }

    /// The access handler: called when the headers are complete, for each piece of the body, when the request is complete,
    /// and again after a suspended connection was resumed.
    func advance(method: UnsafePointer<CChar>?, _ upload: UnsafeRawBufferPointer) -> MHD_Result {
        guard exchange != nil else { return receiveHead(method) }
        if upload.count > 0 { return receive(upload) }
        if let refusal = exchange?.refusal { return send(.problem(refusal)) }
        if let run = exchange?.run {
            endSuspension()
            return finish(run)
        }
        return startHandler()
    }

    private func receiveHead(_ method: UnsafePointer<CChar>?) -> MHD_Result {
        let identifier = core.nextRequestIdentifier()
        exchange = Exchange(identifier: identifier, started: monotonicNanoseconds())
        core.table.beginRequest()
        do throws(Problem) {
            let head = try RequestHead(
                method: method.map { String(cString: $0) } ?? "", target: target, headers: readHeaders(),
                maximumHeaderBytes: core.configuration.maximumHeaderBytes)
            exchange?.head = head
            if head.hasBody { return prepareForBody(head, identifier) }
            return hexi_mhd_yes()
        } catch {
            // What follows cannot be trusted to be a body of the length it claims: libmicrohttpd closes the connection
            // after an answer that comes before the body.
            return send(.problem(error))
        }
    }

    private func prepareForBody(_ head: RequestHead, _ identifier: String) -> MHD_Result {
        let now = monotonicMilliseconds()
        watched.enter(.body(since: now, receivedCount: 0, last: now))
        do throws(Problem) {
            let decision = core.bodyPolicy(request(head, identifier))
            let policy = decision.policy
            exchange?.admission = decision.admission
            if let limit = policy.limitBytes, let length = head.contentLength, length > limit {
                throw .bodyTooLarge(limitBytes: limit)
            }
            exchange?.receiver = try BodyReceiver(
                policy, requestIdentifier: identifier, table: core.table,
                bufferLimit: core.configuration.maximumBufferedBodyBytes)
            return hexi_mhd_yes()
        } catch {
            return refuse(error, expecting: head.contentLength)
        }
    }

    /// The request without its body.
    private func request(_ head: RequestHead, _ identifier: String) -> HTTPRequest {
        HTTPRequest(
            method: head.method, path: head.path, query: head.query, headers: head.headers, remoteAddress: remoteAddress,
            requestIdentifier: identifier)
    }

    private func refuse(_ problem: Problem, expecting length: Int?) -> MHD_Result {
        exchange?.receiver = nil
        guard let length, length <= Self.discardLimit, !expectsContinue else {
            if exchange?.refusal == nil, length != nil || expectsContinue { return send(.problem(problem)) }
            exchange?.refusal = problem
            exchange?.discardable = Self.discardLimit
            return hexi_mhd_yes()
        }
        exchange?.refusal = problem
        exchange?.discardable = length
        return hexi_mhd_yes()
    }

    private var expectsContinue: Bool { exchange?.head?.headers["Expect"]?.lowercased() == "100-continue" }

    private func receive(_ upload: UnsafeRawBufferPointer) -> MHD_Result {
        watched.receivedBody(upload.count)
        if let discardable = exchange?.discardable, exchange?.refusal != nil {
            exchange?.discardable = discardable - upload.count
            return upload.count <= discardable ? hexi_mhd_yes() : hexi_mhd_no()
        }
        do throws(Problem) {
            try exchange?.receiver?.append(upload)
        } catch {
            // In the middle of a body libmicrohttpd takes no answer, so the rest is read (within bounds) before it.
            exchange?.receiver = nil
            exchange?.refusal = error
            exchange?.discardable = Self.discardLimit
        }
        return hexi_mhd_yes()
    }

    private func startHandler() -> MHD_Result {
        guard let current = exchange, let head = current.head else { return hexi_mhd_no() }
        watched.enter(.work)
        var request = request(head, current.identifier)
        request.body = current.receiver?.finish() ?? .none
        request.admission = current.admission
        let handled = request
        let run = HandlerRun()
        exchange?.run = run
        let handler = core.handler
        // Starts on this thread: a handler that never has to wait is done when this returns, and neither a thread is
        // woken nor the connection suspended for it.
        let task = Task.immediate { run.answer(await handler(handled)) }
        run.setTask(task)
        return finish(run)
    }

    private func finish(_ run: HandlerRun) -> MHD_Result {
        if let response = run.takeAnswer() { return send(response) }
        guard core.table.beginSuspension() else {
            run.abandon()
            return send(.problem(.cancelled))
        }
        exchange?.isSuspended = true
        watched.enter(.handler(run, since: monotonicMilliseconds()))
        guard let response = run.takeAnswer(orSuspend: handle) else { return hexi_mhd_yes() }
        endSuspension()
        return send(response)
    }

    private func endSuspension() {
        guard exchange?.isSuspended == true else { return }
        exchange?.isSuspended = false
        core.table.endSuspension()
        watched.enter(.work)
    }

    private func send(_ response: HTTPResponse) -> MHD_Result {
        guard let exchange else { return hexi_mhd_no() }
        if exchange.run == nil { watched.enter(.work) }
        let native = NativeResponse(response, requestIdentifier: exchange.identifier, core)
        guard let native else { return hexi_mhd_no() }
        self.exchange?.status = native.status
        self.exchange?.responseBytes = native.count
        return native.queue(on: handle)
    }

    /// The request is over, whether answered or broken off.
    func completed(_ code: MHD_RequestTerminationCode) {
        endSuspension()
        target = ""
        watched.enter(.request(since: monotonicMilliseconds()))
        guard let exchange else { return }
        self.exchange = nil
        exchange.run?.abandon()
        core.table.endRequest()
        guard let access = core.log.access else { return }
        access(
            AccessRecord(
                requestIdentifier: exchange.identifier, remoteAddress: remoteAddress,
                method: exchange.head?.method ?? "", path: exchange.head?.path ?? "", status: exchange.status,
                responseBytes: exchange.responseBytes,
                milliseconds: Double(monotonicNanoseconds() - exchange.started) / 1_000_000,
                isComplete: hexi_mhd_is_complete(code) != 0))
    }

    private func readHeaders() throws(Problem) -> HTTPHeaders {
        var reading = HeaderReading()
        withUnsafeMutablePointer(to: &reading) { hexi_mhd_read_headers(handle, readHeader, $0) }
        if let name = reading.notUTF8 {
            throw .malformedRequest("the header field \"\(name.prefix(64))\" is not UTF-8")
        }
        return reading.headers
    }
}

extension BodyPolicy {
    var limitBytes: Int? {
        switch self {
        case .refuse: nil
        case .memory(let limit), .file(_, let limit): limit
        }
    }
}
