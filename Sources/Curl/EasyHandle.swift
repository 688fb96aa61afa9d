// SPDX-License-Identifier: Apache-2.0

internal import CCurl

/// One request at a time, and a connection's worth of options that stay from one request to the next.
///
/// Confined to the queue of its ``Transfers``. libcurl holds an unretained pointer to it, so it outlives its handle.
@safe final class EasyHandle {
    let handle: UnsafeMutableRawPointer
    private let options: TransferOptions
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private let errorBuffer: UnsafeMutableBufferPointer<CChar>

    /// Completion of the request under way.
    var completion: Transfers.Completion?

    // What has arrived so far.
    private var status = 0
    private var headers: [String: String] = [:]
    private var headerBytes = 0
    private var headersEnded = false
    private var body: [UInt8] = []
    private var isTooLarge = false
    private var length: String?
    private var hasWrongLength = false
    private var url = ""
    /// What the handle is set to.
    private var method = HTTPRequest.Method.post

    init(options: TransferOptions) throws(CurlError) {
        guard let handle = unsafe curl_easy_init() else {
            throw CurlError(kind: .internal, message: "no memory for a transfer")
        }
        unsafe self.handle = handle
        self.options = options
        unsafe errorBuffer = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorBuffer.initialize(repeating: 0)
        try configure()
    }

    deinit {
        unsafe curl_easy_cleanup(handle)
        unsafe curl_slist_free_all(headerList)
        unsafe errorBuffer.deallocate()
    }

    // MARK: Options

    /// Everything that holds for all requests; the reason where it is not the name.
    private func configure() throws(CurlError) {
        let me = unsafe Unmanaged.passUnretained(self).toOpaque()
        let tls = options.tls
        // Signals belong to the program.
        try set(CURLOPT_NOSIGNAL, 1)
        // Without waiting for a resolver's thread when a transfer is taken back.
        try set(CURLOPT_QUICK_EXIT, 1)
        try set(CURLOPT_PROTOCOLS_STR, options.allowsPlainHTTP ? "http,https" : "https")
        // libcurl would send our signed headers to wherever a redirect points.
        try set(CURLOPT_FOLLOWLOCATION, 0)
        // A request has a few hundred bytes and an answer few more: libcurl's own 64 and 16 KiB for each handle would
        // be most of the memory that requests in flight take.
        try set(CURLOPT_UPLOAD_BUFFERSIZE, 16 * 1024)
        try set(CURLOPT_BUFFERSIZE, 4 * 1024)
        try set(options.asksForHeadersOnly ? CURLOPT_NOBODY : CURLOPT_POST, 1)
        try set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS)
        // Rather wait for the first connection and share it than open one for each request. Without TLS there is no
        // HTTP/2 to wait for, and libcurl would wait for the first answer.
        try set(CURLOPT_PIPEWAIT, options.allowsPlainHTTP ? 0 : 1)
        try set(CURLOPT_CONNECTTIMEOUT_MS, options.connectTimeout.milliseconds)
        try set(CURLOPT_TIMEOUT_MS, options.requestTimeout.milliseconds)
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        // The default only since libcurl 8.16.
        try set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
        switch tls {
        case .file(let path):
            try set(CURLOPT_CAINFO, path)
            try set(CURLOPT_CAPATH, nil)
        case .directory(let path):
            // libcurl's built-in bundle would be parsed besides: 50 ms of processor time.
            try set(CURLOPT_CAINFO, nil)
            try set(CURLOPT_CAPATH, path)
        case .libraryDefault: break
        }
        if options.allowsPlainHTTP {
            // Without TLS nothing leaves this host, whatever the environment says: an empty name is no proxy.
            try set(CURLOPT_PROXY, "")
        } else if let proxy = options.proxy {
            try set(CURLOPT_PROXY, proxy)
        }
        // What is signed for DOKU is not the proxy's to see.
        try set(CURLOPT_HEADEROPT, Int(CURLHEADER_SEPARATE))
        try set(CURLOPT_USERAGENT, options.userAgent)
        try check(unsafe curl_setopt_pointer(handle, CURLOPT_ERRORBUFFER, errorBuffer.baseAddress))
        try check(unsafe curl_setopt_pointer(handle, CURLOPT_PRIVATE, me))
        try check(unsafe curl_setopt_pointer(handle, CURLOPT_WRITEDATA, me))
        try check(unsafe curl_setopt_pointer(handle, CURLOPT_HEADERDATA, me))
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

    /// The handle that libcurl's context pointer stands for.
    static func from(_ context: UnsafeMutableRawPointer?) -> EasyHandle? {
        guard let context = unsafe context else { return nil }
        return unsafe Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue()
    }

    /// Makes the handle ready to send `request`; what the last one left is forgotten.
    func prepare(_ request: HTTPRequest) throws(CurlError) {
        status = 0
        headers.removeAll(keepingCapacity: true)
        headerBytes = 0
        headersEnded = false
        body = []
        isTooLarge = false
        length = nil
        hasWrongLength = false
        url = request.url
        unsafe errorBuffer[0] = 0

        unsafe curl_slist_free_all(headerList)
        unsafe headerList = nil
        for (name, value) in request.headers { try append(name, value) }
        try check(unsafe curl_setopt_list(handle, CURLOPT_HTTPHEADER, headerList))
        try set(CURLOPT_URL, request.url)
        try set(CURLOPT_FRESH_CONNECT, request.needsFreshConnection ? 1 : 0)
        guard !options.asksForHeadersOnly else { return }
        if request.method != method {
            // The name is said instead of GET or POST, for which it has to be taken back.
            try set(CURLOPT_CUSTOMREQUEST, request.method == .patch ? "PATCH" : nil)
            try set(request.method == .get ? CURLOPT_HTTPGET : CURLOPT_POST, 1)
            method = request.method
        }
        guard request.method != .get else { return }
        try check(unsafe curl_setopt_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count)))
        let copied = unsafe request.body.withUnsafeBytes { bytes in
            unsafe curl_setopt_pointer(
                handle, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
        }
        try check(copied)
    }

    private func append(_ name: String, _ value: String) throws(CurlError) {
        var line = Array(name.utf8)
        line.reserveCapacity(name.utf8.count + value.utf8.count + 3)
        let isName = line.allSatisfy { $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: ":") }
        line += ": ".utf8
        let start = line.count
        line += value.utf8
        guard isName, line[start...].allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw CurlError(kind: .requestInvalid, message: "a control character in header \(name)")
        }
        line.append(0)
        let longer = unsafe line.withUnsafeBytes { bytes in
            unsafe curl_slist_append(headerList, bytes.baseAddress?.assumingMemoryBound(to: CChar.self))
        }
        guard let longer = unsafe longer else {
            throw CurlError(kind: .internal, message: "no memory for a header")
        }
        unsafe headerList = longer
    }

    private func set(_ option: CURLoption, _ value: Int) throws(CurlError) {
        try check(unsafe curl_setopt_long(handle, option, value))
    }

    private func set(_ option: CURLoption, _ value: String?) throws(CurlError) {
        try check(unsafe curl_setopt_string(handle, option, value))
    }

    private func check(_ code: CURLcode) throws(CurlError) {
        guard code == CURLE_OK else {
            throw CurlError(
                kind: .requestInvalid, code: Int32(bitPattern: code.rawValue), message: CurlError.sentence(code))
        }
    }

    // MARK: The answer

    /// libcurl's write callback: any other count than the one given ends the transfer.
    private func received(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard body.count + bytes.count <= options.maximumBodySize else {
            isTooLarge = true
            return 0
        }
        unsafe body.append(contentsOf: bytes)
        return bytes.count
    }

    /// libcurl's header callback: called once a line, its end included, for interim answers and trailers as well.
    private func receivedHeader(_ line: UnsafeRawBufferPointer) -> Int {
        let count = line.count
        headerBytes += count
        guard headerBytes <= options.maximumHeaderSize else {
            isTooLarge = true
            return 0
        }
        var end = count
        while unsafe end > 0 && (line[end - 1] == 0x0a || line[end - 1] == 0x0d) { end -= 1 }
        if end == 0 {
            if status >= 200 { headersEnded = true }
        } else if end >= 10, unsafe line[0..<5].elementsEqual("HTTP/".utf8) {
            headers.removeAll(keepingCapacity: true)
            headersEnded = false
            length = nil
            if let space = unsafe line[0..<end].firstIndex(of: 0x20) {
                let digits = unsafe line[(space + 1)..<end].prefix(3)
                status = Int(unsafe String(decoding: digits, as: UTF8.self)) ?? 0
            }
        } else if !headersEnded, let colon = unsafe line[0..<end].firstIndex(of: UInt8(ascii: ":")) {
            let name = unsafe String(decoding: line[0..<colon], as: UTF8.self).lowercased()
            let isLength = name == "content-length"
            if isLength || options.keptHeaders.contains(name) {
                var start = colon + 1
                while unsafe start < end && (line[start] == 0x20 || line[start] == 0x09) { start += 1 }
                while unsafe end > start && (line[end - 1] == 0x20 || line[end - 1] == 0x09) { end -= 1 }
                let value = unsafe String(decoding: line[start..<end], as: UTF8.self)
                if isLength { check(length: value) } else { headers[name] = value }
            }
        }
        return count
    }

    /// libcurl takes the last of several lengths, and one too large for it as none at all. RFC 9112 §6.3 has the
    /// recipient refuse such an answer: two readers of it would disagree where it ends.
    private func check(length value: String) {
        if let length, length != value { hasWrongLength = true }
        if Int64(value) == nil { hasWrongLength = true }
        length = value
    }

    /// What became of the transfer that libcurl ended with `code`.
    func result(_ code: CURLcode) -> Result<HTTPReply, CurlError> {
        guard options.measuresTime else { return untimedResult(code) }
        let timing = unsafe TransferTiming(of: handle)
        switch untimedResult(code) {
        case .success(var reply):
            reply.timing = timing
            return .success(reply)
        case .failure(var error):
            error.timing = timing
            return .failure(error)
        }
    }

    private func untimedResult(_ code: CURLcode) -> Result<HTTPReply, CurlError> {
        if isTooLarge {
            return .failure(CurlError(kind: .answerTooLarge, message: "the answer is larger than allowed"))
        }
        guard code == CURLE_OK else {
            var proxyStatus = 0
            unsafe _ = curl_getinfo_long(handle, CURLINFO_HTTP_CONNECTCODE, &proxyStatus)
            let detail = unsafe String(cString: errorBuffer.baseAddress.unsafelyUnwrapped)
            return .failure(
                CurlError.sort(
                    code, status: status, proxyStatus: proxyStatus, detail: detail, url: url, isBeforeTLS: isBeforeTLS,
                    trust: options.tls))
        }
        guard !hasWrongLength else {
            return .failure(CurlError(kind: .answerMalformed, message: "the answer's length is none, or told twice"))
        }
        // libcurl reports success for a connection that closed inside the headers.
        guard headersEnded else {
            return .failure(CurlError(kind: .answerCut, message: "the connection closed inside the headers"))
        }
        defer { body = [] }
        return .success(HTTPReply(status: status, headers: headers, body: body))
    }

    /// Whether a connection was made for the request, over which no TLS was spoken yet although it should be.
    private var isBeforeTLS: Bool {
        var connections = 0
        var handshake: curl_off_t = 0
        unsafe _ = curl_getinfo_long(handle, CURLINFO_NUM_CONNECTS, &connections)
        unsafe _ = curl_getinfo_offset(handle, CURLINFO_APPCONNECT_TIME_T, &handshake)
        return url.hasPrefix("https:") && connections > 0 && handshake == 0
    }

    /// Whether the last answer came over a connection that carries one request at a time.
    var spokeHTTP1: Bool {
        var version = 0
        unsafe _ = curl_getinfo_long(handle, CURLINFO_HTTP_VERSION, &version)
        return version == CURL_HTTP_VERSION_1_0 || version == CURL_HTTP_VERSION_1_1
    }
}

extension Duration {
    /// Whole milliseconds, rounded up, at least one: libcurl reads 0 as "no limit".
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        return max(1, Int(seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000))
    }
}
