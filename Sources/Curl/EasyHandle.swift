// SPDX-License-Identifier: Apache-2.0

internal import CCurl

/// A libcurl easy handle: one request at a time, with options that stay for the next request.
///
/// Confined to the queue of its ``HTTPClient``. libcurl holds an unretained pointer to it, so it outlives the C
/// handle.
@safe final class EasyHandle {
    let handle: UnsafeMutableRawPointer
    private let options: HTTPOptions
    private var headerLines = HeaderLines()
    private var proxyLines = HeaderLines()
    private let errorBuffer: UnsafeMutableBufferPointer<CChar>

    var completion: HTTPClient.Completion?
    /// Its index among the handles in progress.
    var place = 0

    // The response so far.
    private var head = ResponseHead()
    private var body: [UInt8] = []
    private var isTooLarge = false
    private let keptHeaders: [String]

    private var url = ""
    private var parsedURL: OpaquePointer?
    /// The last body: most requests of a run send the same.
    private var sentBody: [UInt8]?

    init(options: HTTPOptions) throws(CurlError) {
        guard let handle = unsafe curl_easy_init() else {
            throw CurlError(kind: .internal, message: "no memory for a transfer")
        }
        unsafe self.handle = handle
        self.options = options
        keptHeaders = Array(options.keptHeaders)
        unsafe errorBuffer = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorBuffer.initialize(repeating: 0)
        try configure()
    }

    deinit {
        unsafe curl_easy_cleanup(handle)
        unsafe curl_url_cleanup(parsedURL)
        unsafe errorBuffer.deallocate()
    }

    // MARK: Options

    private func configure() throws(CurlError) {
        let me = unsafe Unmanaged.passUnretained(self).toOpaque()
        // The program handles signals itself.
        try set(CURLOPT_NOSIGNAL, 1)
        // A cancelled transfer does not wait for the resolver thread.
        try set(CURLOPT_QUICK_EXIT, 1)
        try set(CURLOPT_PROTOCOLS_STR, options.allowsPlainHTTP ? "http,https" : "https")
        // A redirect would receive the signed headers.
        try set(CURLOPT_FOLLOWLOCATION, 0)
        // Requests and responses have a few hundred bytes. The defaults of 64 and 16 KiB would be most of the memory
        // of a request.
        try set(CURLOPT_UPLOAD_BUFFERSIZE, 16 * 1024)
        try set(CURLOPT_BUFFERSIZE, 4 * 1024)
        try set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS)
        // Wait for the first connection and share it, instead of opening one for each request. Only TLS connections
        // use HTTP/2; without TLS, libcurl would wait for the first response.
        try set(CURLOPT_PIPEWAIT, options.allowsPlainHTTP ? 0 : 1)
        try set(CURLOPT_CONNECTTIMEOUT_MS, options.connectTimeout.milliseconds)
        try set(CURLOPT_TIMEOUT_MS, options.requestTimeout.milliseconds)
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        // The default since libcurl 8.16 only.
        try set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
        switch options.tls {
        case .file(let path):
            try set(CURLOPT_CAINFO, path)
            try set(CURLOPT_CAPATH, nil)
        case .directory(let path):
            // Otherwise the built-in bundle would be parsed too: 50 ms of CPU time.
            try set(CURLOPT_CAINFO, nil)
            try set(CURLOPT_CAPATH, path)
        case .libraryDefault: break
        }
        if options.allowsPlainHTTP {
            // Plain HTTP stays on this host: an empty name disables proxies of the environment too.
            try set(CURLOPT_PROXY, "")
        } else if let proxy = options.proxy {
            try set(CURLOPT_PROXY, proxy)
        }
        // The proxy must not receive the signed headers.
        try set(CURLOPT_HEADEROPT, Int(CURLHEADER_SEPARATE))
        let lines = unsafe try proxyLines.replace(userAgent: options.userAgent, [])
        try check(unsafe curl_setopt_list(handle, CURLOPT_PROXYHEADER, lines))
        try check(unsafe curl_setopt_pointer(handle, CURLOPT_ERRORBUFFER, errorBuffer.baseAddress))
        for option in [CURLOPT_PRIVATE, CURLOPT_WRITEDATA, CURLOPT_HEADERDATA] {
            try check(unsafe curl_setopt_pointer(handle, option, me))
        }
        try check(
            unsafe curl_setopt_callback(handle, CURLOPT_WRITEFUNCTION) { bytes, _, count, context in
                unsafe EasyHandle.from(context)?.received(UnsafeRawBufferPointer(start: bytes, count: count)) ?? 0
            })
        try check(
            unsafe curl_setopt_callback(handle, CURLOPT_HEADERFUNCTION) { bytes, _, count, context in
                unsafe EasyHandle.from(context)?.receivedHeader(UnsafeRawBufferPointer(start: bytes, count: count))
                    ?? 0
            })
    }

    static func from(_ context: UnsafeMutableRawPointer?) -> EasyHandle? {
        guard let context = unsafe context else { return nil }
        return unsafe Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue()
    }

    /// Prepares the handle for `request` and discards the last response. After an error, the handle is unusable.
    func prepare(_ request: HTTPRequest) throws(CurlError) {
        head = ResponseHead()
        body = []
        isTooLarge = false
        unsafe errorBuffer[0] = 0

        // Set as a header: libcurl would format its own user agent for each request.
        let lines = unsafe try headerLines.replace(userAgent: options.userAgent, request.headers)
        try check(unsafe curl_setopt_list(handle, CURLOPT_HTTPHEADER, lines))
        try setURL(request.url)
        try set(CURLOPT_FRESH_CONNECT, request.needsFreshConnection ? 1 : 0)
        // A custom method name overrides the others and must be reset.
        let name: String? = if case .other(let name) = request.method { name } else { nil }
        try set(CURLOPT_CUSTOMREQUEST, name)
        switch request.method {
        case .get: return try set(CURLOPT_HTTPGET, 1)
        case .head: return try set(CURLOPT_NOBODY, 1)
        case .post, .other: try set(CURLOPT_POST, 1)
        }
        guard request.body != sentBody else { return }
        try check(unsafe curl_setopt_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count)))
        let copied = unsafe request.body.withUnsafeBytes { bytes in
            unsafe curl_setopt_pointer(
                handle, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
        }
        try check(copied)
        sentBody = request.body
    }

    /// Most requests of a run use one URL. It is parsed once here, not by libcurl for each request.
    private func setURL(_ text: String) throws(CurlError) {
        guard text != url else { return }
        let parsed = unsafe curl_url()
        // As libcurl parses `CURLOPT_URL`. It reports an unsupported scheme when it connects.
        let code = unsafe curl_url_set(parsed, CURLUPART_URL, text, UInt32(CURLU_NON_SUPPORT_SCHEME))
        guard code == CURLUE_OK else {
            unsafe curl_url_cleanup(parsed)
            throw CurlError(kind: .requestInvalid, message: CurlError.sentence(CURLE_URL_MALFORMAT))
        }
        try check(unsafe curl_setopt_pointer(handle, CURLOPT_CURLU, UnsafeMutableRawPointer(parsed)))
        unsafe curl_url_cleanup(parsedURL)
        unsafe parsedURL = parsed
        // libcurl uses CURLOPT_CURLU and only reports this one.
        try set(CURLOPT_URL, text)
        url = text
    }

    private func set(_ option: CURLoption, _ value: Int) throws(CurlError) {
        try check(unsafe curl_setopt_long(handle, option, value))
    }

    private func set(_ option: CURLoption, _ value: String?) throws(CurlError) {
        try check(unsafe curl_setopt_string(handle, option, value))
    }

    private func check(_ code: CURLcode) throws(CurlError) {
        guard code == CURLE_OK else { throw CurlError(kind: .requestInvalid, message: CurlError.sentence(code)) }
    }

    // MARK: The response

    /// Write callback of libcurl. Any other return value than the byte count aborts the transfer.
    private func received(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard body.count + bytes.count <= options.maximumBodySize else {
            isTooLarge = true
            return 0
        }
        unsafe body.append(contentsOf: bytes.assumingMemoryBound(to: UInt8.self))
        return bytes.count
    }

    /// Header callback of libcurl. Called for each line with its line end, including interim responses and trailers.
    private func receivedHeader(_ line: UnsafeRawBufferPointer) -> Int {
        guard head.take(unsafe line.assumingMemoryBound(to: UInt8.self).span, keeping: keptHeaders) else {
            isTooLarge = true
            return 0
        }
        return line.count
    }

    /// The result of a transfer that libcurl ended with `code`.
    func result(_ code: CURLcode) -> Result<HTTPResponse, CurlError> {
        let timing = options.measuresTime ? HTTPTiming(of: self) : nil
        do throws(CurlError) {
            var response = try response(code)
            response.timing = timing
            return .success(response)
        } catch {
            var error = error
            error.timing = timing
            return .failure(error)
        }
    }

    private func response(_ code: CURLcode) throws(CurlError) -> HTTPResponse {
        if isTooLarge { throw CurlError(kind: .responseTooLarge, message: "the response is larger than allowed") }
        guard code == CURLE_OK else {
            let detail = unsafe String(cString: errorBuffer.baseAddress.unsafelyUnwrapped)
            // Whether the request opened a connection for https and the TLS handshake did not complete.
            let isBeforeTLS =
                url.hasPrefix("https:") && madeConnection && duration(CURLINFO_APPCONNECT_TIME_T) == .zero
            var error = CurlError.sort(
                code, status: head.status, proxyStatus: proxyStatus, detail: detail, url: url, isBeforeTLS: isBeforeTLS,
                trust: options.tls)
            error.sharedConnection = !madeConnection
            throw error
        }
        guard !head.hasWrongLength else {
            throw CurlError(kind: .responseMalformed, message: "invalid or duplicate Content-Length")
        }
        // libcurl reports success if the connection closes within the headers.
        guard head.isComplete else {
            throw CurlError(kind: .truncatedResponse, message: "the connection closed before the headers ended")
        }
        defer { body = [] }
        return HTTPResponse(status: head.status, headers: head.headers, body: body)
    }
}

extension Duration {
    /// Whole milliseconds, rounded up, at least 1: libcurl reads 0 as "no limit".
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        return max(1, Int(seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000))
    }
}
