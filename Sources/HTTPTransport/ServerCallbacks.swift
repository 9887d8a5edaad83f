// The functions that libmicrohttpd calls. They live in a file of their own because top-level code of a program is bound to
// the main actor, and these run on network threads. The context is the `ServerCore`, kept alive by `ServerDaemon` until the
// daemon has stopped; a connection's context is its `ServerConnection`, retained from its start to its close.

import CMicroHTTPD
import Glibc

private func core(_ context: UnsafeMutableRawPointer) -> ServerCore {
    Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
}

private func connectionObject(_ handle: OpaquePointer) -> ServerConnection? {
    hexi_mhd_socket_context(handle).map { Unmanaged<ServerConnection>.fromOpaque($0).takeUnretainedValue() }
}

func connectionChanged(
    context: UnsafeMutableRawPointer?, handle: OpaquePointer?, socketContext: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    code: MHD_ConnectionNotificationCode
) {
    guard let context, let handle, let socketContext else { return }
    let core = core(context)
    if hexi_mhd_is_start(code) != 0 {
        let connection = ServerConnection(
            core, handle, descriptor: hexi_mhd_socket(handle),
            remoteAddress: numericAddress(hexi_mhd_client_address(handle)))
        core.table.insert(connection.watched)
        socketContext.pointee = Unmanaged.passRetained(connection).toOpaque()
    } else if let opaque = socketContext.pointee {
        let connection = Unmanaged<ServerConnection>.fromOpaque(opaque).takeRetainedValue()
        connection.watched.enter(.closed)
        core.table.remove(connection.watched)
        socketContext.pointee = nil
    }
}

func targetReceived(
    context: UnsafeMutableRawPointer?, target: UnsafePointer<CChar>?, handle: OpaquePointer?
) -> UnsafeMutableRawPointer? {
    if let handle, let target { connectionObject(handle)?.begin(target: String(cString: target)) }
    return nil
}

func accessRequest(
    context: UnsafeMutableRawPointer?, handle: OpaquePointer?, target: UnsafePointer<CChar>?,
    method: UnsafePointer<CChar>?, version: UnsafePointer<CChar>?, upload: UnsafePointer<CChar>?,
    uploadCount: UnsafeMutablePointer<Int>?, requestContext: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let handle, let uploadCount, let connection = connectionObject(handle) else { return hexi_mhd_no() }
    let piece = UnsafeRawBufferPointer(start: upload, count: upload == nil ? 0 : uploadCount.pointee)
    let result = connection.advance(method: method, piece)
    uploadCount.pointee = 0
    return result
}

func requestCompleted(
    context: UnsafeMutableRawPointer?, handle: OpaquePointer?,
    requestContext: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, code: MHD_RequestTerminationCode
) {
    guard let handle else { return }
    connectionObject(handle)?.completed(code)
}

func messageReceived(context: UnsafeMutableRawPointer?, text: UnsafePointer<CChar>?) {
    guard let context, let text, let message = core(context).log.message else { return }
    message(String(cString: text))
}

/// What `readHeader` fills in.
struct HeaderReading {
    var headers = HTTPHeaders()
    /// The name of the first field that is not UTF-8.
    var notUTF8: String?
}

func readHeader(
    context: UnsafeMutableRawPointer?, kind: MHD_ValueKind, name: UnsafePointer<CChar>?, nameCount: Int,
    value: UnsafePointer<CChar>?, valueCount: Int
) -> MHD_Result {
    guard let reading = context?.assumingMemoryBound(to: HeaderReading.self), let name else { return hexi_mhd_no() }
    let nameBytes = UnsafeRawBufferPointer(start: name, count: nameCount)
    let valueBytes = UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : valueCount)
    guard let nameText = String(validating: nameBytes, as: UTF8.self),
        let valueText = String(validating: valueBytes, as: UTF8.self)
    else {
        reading.pointee.notUTF8 = String(decoding: nameBytes, as: UTF8.self)
        return hexi_mhd_no()
    }
    reading.pointee.headers.add(nameText, valueText)
    return hexi_mhd_yes()
}

/// The address's numeric text, without port.
private func numericAddress(_ address: UnsafePointer<sockaddr>?) -> String {
    guard let address else { return "" }
    let count = address.pointee.sa_family == AF_INET6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(NI_MAXHOST)) { buffer in
        guard let base = buffer.baseAddress,
            getnameinfo(address, socklen_t(count), base, socklen_t(buffer.count), nil, 0, NI_NUMERICHOST) == 0
        else { return "" }
        return String(cString: base)
    }
}
