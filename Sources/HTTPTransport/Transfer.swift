import CCurl
import Glibc

/// One exchange in libcurl's form.
///
/// `@unchecked Sendable`: it is made by the sender, then handed over to the loop's thread, which alone uses it from then
/// on; the lock in between orders the two. Others hold it only to name it when they cancel.
final class Transfer: @unchecked Sendable {
    typealias Outcome = Result<HTTPClientResponse, HTTPClientError>

    let handle: UnsafeMutableRawPointer
    private let url: String
    private let timeoutSeconds: Double
    private let limit: Int
    private var fieldList: UnsafeMutablePointer<curl_slist>?
    private var uploadDescriptor: Int32 = -1
    private let uploadProgress: (@Sendable (UInt64) -> Void)?
    private var uploadedCount: UInt64 = 0
    private var errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private var completion: (@Sendable (Outcome) -> Void)?
    private var headers = HTTPHeaders()
    private var body: [UInt8] = []
    private var isTooLarge = false

    init(_ request: HTTPClientRequest, _ configuration: HTTPClientConfiguration) throws(HTTPClientError) {
        guard Curl.isReady, let handle = curl_easy_init() else { throw .unavailable(reason: "libcurl did not start") }
        self.handle = handle
        url = request.url
        timeoutSeconds = request.timeoutSeconds ?? configuration.timeoutSeconds
        limit = request.maximumResponseBytes ?? configuration.maximumResponseBytes
        uploadProgress = request.uploadProgress
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        let host = try Curl.host(of: request.url)
        setConnection(configuration, host: host)
        try setHeaders(request)
        try setBody(request)
        setCallbacks()
    }

    deinit {
        curl_easy_cleanup(handle)
        curl_slist_free_all(fieldList)
        if uploadDescriptor >= 0 { close(uploadDescriptor) }
        errorText.deallocate()
    }

    private func setConnection(_ configuration: HTTPClientConfiguration, host: String) {
        hexi_curl_set_text(handle, CURLOPT_URL, url)
        hexi_curl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https")
        hexi_curl_set_number(handle, CURLOPT_FOLLOWLOCATION, 0)
        hexi_curl_set_number(handle, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        hexi_curl_set_number(handle, CURLOPT_NOSIGNAL, 1)
        hexi_curl_set_number(handle, CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(configuration.connectTimeoutSeconds))
        hexi_curl_set_number(handle, CURLOPT_TIMEOUT_MS, Self.milliseconds(timeoutSeconds))
        hexi_curl_set_text(handle, CURLOPT_USERAGENT, configuration.userAgent)
        hexi_curl_set_number(handle, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if let file = configuration.authorityFile {
            hexi_curl_set_text(handle, CURLOPT_CAINFO, file)
            // Only the named authorities, not the system's folder of them as well.
            hexi_curl_set_text(handle, CURLOPT_CAPATH, nil)
        }
        if let file = configuration.certificateFile { hexi_curl_set_text(handle, CURLOPT_SSLCERT, file) }
        if let file = configuration.certificateKeyFile { hexi_curl_set_text(handle, CURLOPT_SSLKEY, file) }
        if Curl.isLoopback(host) { hexi_curl_set_text(handle, CURLOPT_PROXY, "") }
    }

    private static func milliseconds(_ seconds: Double) -> Int { Int(max(1, min(seconds * 1000, 1e9))) }

    private func setHeaders(_ request: HTTPClientRequest) throws(HTTPClientError) {
        for field in request.headers.fields {
            guard !field.name.isEmpty, field.name.utf8.allSatisfy(RequestHead.isTokenCharacter),
                field.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 })
            else { throw .badHeader(name: field.name) }
            // A field without value is written with a semicolon; with a colon libcurl would leave it out.
            append(field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        // Otherwise libcurl claims that any body is a form's.
        if !request.headers.contains("Content-Type") { append("Content-Type:") }
        hexi_curl_set_list(handle, CURLOPT_HTTPHEADER, fieldList)
    }

    private func append(_ line: String) {
        if let longer = curl_slist_append(fieldList, line) { fieldList = longer }
    }

    private func setBody(_ request: HTTPClientRequest) throws(HTTPClientError) {
        guard request.method.utf8.allSatisfy(RequestHead.isTokenCharacter), !request.method.isEmpty else {
            throw .badURL(url: request.url, reason: "the method \"\(request.method)\" is not a token")
        }
        switch request.body {
        case .none:
            if request.method == "HEAD" { hexi_curl_set_number(handle, CURLOPT_NOBODY, 1) }
            if ["POST", "PUT", "PATCH"].contains(request.method) { setUpload([]) }
        case .bytes(let bytes): setUpload(bytes)
        case .file(let path):
            uploadDescriptor = open(path, O_RDONLY | O_CLOEXEC)
            var information = stat()
            guard uploadDescriptor >= 0, fstat(uploadDescriptor, &information) == 0 else {
                throw .unreadableFile(path: path, reason: systemErrorText(errno))
            }
            guard information.st_mode & S_IFMT == S_IFREG else {
                throw .unreadableFile(path: path, reason: "it is not a regular file")
            }
            hexi_curl_set_number(handle, CURLOPT_UPLOAD, 1)
            hexi_curl_set_size(handle, CURLOPT_INFILESIZE_LARGE, curl_off_t(information.st_size))
        }
        hexi_curl_set_text(handle, CURLOPT_CUSTOMREQUEST, request.method)
    }

    private func setUpload(_ bytes: [UInt8]) {
        hexi_curl_set_size(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count))
        bytes.withUnsafeBytes { buffer in
            // libcurl copies as many bytes as it was told in the line above; for none it still wants a pointer.
            var nothing: UInt8 = 0
            withUnsafeMutablePointer(to: &nothing) { empty in
                let start = buffer.baseAddress.map { UnsafeMutableRawPointer(mutating: $0) }
                _ = hexi_curl_set_pointer(handle, CURLOPT_COPYPOSTFIELDS, start ?? UnsafeMutableRawPointer(empty))
            }
        }
    }

    private func setCallbacks() {
        let context = Unmanaged.passUnretained(self).toOpaque()
        hexi_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, errorText)
        hexi_curl_set_pointer(handle, CURLOPT_PRIVATE, context)
        hexi_curl_set_data_callback(handle, CURLOPT_WRITEFUNCTION, receiveBody)
        hexi_curl_set_pointer(handle, CURLOPT_WRITEDATA, context)
        hexi_curl_set_data_callback(handle, CURLOPT_HEADERFUNCTION, receiveHeader)
        hexi_curl_set_pointer(handle, CURLOPT_HEADERDATA, context)
        guard uploadDescriptor >= 0 else { return }
        hexi_curl_set_data_callback(handle, CURLOPT_READFUNCTION, readUpload)
        hexi_curl_set_pointer(handle, CURLOPT_READDATA, context)
        hexi_curl_set_seek_callback(handle, repositionUpload)
        hexi_curl_set_pointer(handle, CURLOPT_SEEKDATA, context)
    }

    func setCompletion(_ completion: @escaping @Sendable (Outcome) -> Void) { self.completion = completion }

    /// Whether the sender has been told.
    private(set) var isComplete = false

    /// Tells the sender; only the first time counts.
    func complete(_ outcome: Outcome) {
        isComplete = true
        completion?(outcome)
        completion = nil
    }

    /// What libcurl's result means.
    func outcome(_ code: CURLcode) -> Outcome {
        if code == CURLE_OK {
            return .success(
                HTTPClientResponse(status: hexi_curl_response_code(handle), headers: headers, body: body))
        }
        let text = String(cString: errorText)
        let reason = text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST: return .failure(.unresolvedHost(host: (try? Curl.host(of: url)) ?? url))
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_PROXY:
            let number = hexi_curl_system_error(handle)
            let cause = number == 0 ? reason : systemErrorText(Int32(truncatingIfNeeded: number))
            return .failure(.cannotConnect(url: url, reason: cause))
        case CURLE_OPERATION_TIMEDOUT: return .failure(.timedOut(url: url, seconds: timeoutSeconds))
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: return .failure(.badURL(url: url, reason: reason))
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_PEER_FAILED_VERIFICATION,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR:
            return .failure(.insecure(url: url, reason: reason))
        case CURLE_WRITE_ERROR where isTooLarge: return .failure(.responseTooLarge(url: url, limitBytes: limit))
        default: return .failure(.broken(url: url, reason: reason))
        }
    }

    // What follows is called by libcurl, on the loop's thread. Each gives how many bytes it took; fewer than it was given
    // breaks the transfer off.

    func takeBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard bytes.count <= limit - body.count else {
            isTooLarge = true
            return 0
        }
        body.append(contentsOf: bytes)
        return bytes.count
    }

    func takeHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
        let line = String(decoding: bytes, as: UTF8.self)
        if line.hasPrefix("HTTP/") {
            // Another answer begins: the one before was an interim one (1xx).
            headers = HTTPHeaders()
        } else if let colon = line.utf8.firstIndex(of: 0x3A) {
            let value = line[line.utf8.index(after: colon)...]
            headers.add(String(line[..<colon]), Self.trimmed(value))
        }
        return bytes.count
    }

    private static func trimmed(_ text: Substring) -> String {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A }
        var bytes = text.utf8.drop(while: isSpace)
        while let last = bytes.last, isSpace(last) { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    func giveUpload(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        while true {
            let count = read(uploadDescriptor, buffer.baseAddress, buffer.count)
            if count >= 0 {
                uploadedCount += UInt64(count)
                uploadProgress?(uploadedCount)
                return count
            }
            if errno != EINTR { return Int(CURL_READFUNC_ABORT) }
        }
    }

    func seekUpload(_ offset: Int, _ origin: Int32) -> Bool { lseek(uploadDescriptor, offset, origin) >= 0 }
}
