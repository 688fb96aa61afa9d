// SPDX-License-Identifier: Apache-2.0

internal import CCurl
internal import Glibc

/// The headers of one request as a libcurl list. The memory is used again for the next request: the list functions of
/// libcurl allocate each line twice, and a run sends ten thousand requests.
@safe struct HeaderLines: ~Copyable {
    /// The lines, each with a terminating zero.
    private var text = UnsafeMutableBufferPointer<CChar>.allocate(capacity: 512)
    private var nodes = UnsafeMutableBufferPointer<curl_slist>.allocate(capacity: 8)
    private var (end, count) = (0, 0)

    deinit {
        wipe()
        unsafe text.deallocate()
        unsafe nodes.deallocate()
    }

    /// Replaces the lines.
    /// - Returns: The list, valid until the next call.
    /// - Throws: ``CurlError`` of kind `requestInvalid` for a control character, which could start a new line.
    mutating func replace(
        userAgent: String, _ headers: [(name: String, value: String)]
    ) throws(CurlError) -> UnsafeMutablePointer<curl_slist>? {
        // Three bytes beside the name and the value of each line.
        var size = 16 + userAgent.utf8.count
        for index in headers.indices { size += headers[index].name.utf8.count + headers[index].value.utf8.count + 3 }
        reserve(size, lines: headers.count + 1)
        (end, count) = (0, 0)
        try append("User-Agent", userAgent)
        for index in headers.indices { try append(headers[index].name, headers[index].value) }
        unsafe nodes[count - 1].next = nil
        return unsafe nodes.baseAddress
    }

    private mutating func append(_ name: String, _ value: String) throws(CurlError) {
        let line = unsafe text.baseAddress.map { unsafe $0 + end }
        let next = unsafe nodes.baseAddress.map { unsafe $0 + count + 1 }
        unsafe nodes.initializeElement(at: count, to: curl_slist(data: line, next: next))
        count += 1
        let isName = add(name.utf8.span) { byte in
            (byte <= 0x20 ? 1 : 0) | (byte == 0x7f ? 1 : 0) | (byte == UInt8(ascii: ":") ? 1 : 0)
        }
        unsafe text[end] = CChar(bitPattern: UInt8(ascii: ":"))
        unsafe text[end + 1] = 0x20
        end += 2
        let isValue = add(value.utf8.span) { byte in (byte < 0x20 ? 1 : 0) | (byte == 0x7f ? 1 : 0) }
        unsafe text[end] = 0
        end += 1
        guard isName, isValue else {
            throw CurlError(kind: .requestInvalid, message: "header \(name) contains a control character")
        }
    }

    /// Appends bytes within the reserved capacity. Returns whether all bytes are allowed.
    /// - Parameter fault: Returns 0 for an allowed byte.
    private mutating func add(_ bytes: Span<UInt8>, _ fault: (UInt8) -> UInt8) -> Bool {
        var faults: UInt8 = 0
        for index in bytes.indices {
            let byte = bytes[index]
            faults |= fault(byte)
            unsafe text[end + index] = CChar(bitPattern: byte)
        }
        end += bytes.count
        return faults == 0
    }

    private mutating func reserve(_ size: Int, lines: Int) {
        if unsafe size > text.count {
            wipe()
            unsafe text.deallocate()
            unsafe text = .allocate(capacity: 2 * size)
        }
        if unsafe lines > nodes.count {
            unsafe nodes.deallocate()
            unsafe nodes = .allocate(capacity: 2 * lines)
        }
    }

    /// The lines contain a signature.
    private func wipe() {
        if let start = unsafe text.baseAddress { unsafe explicit_bzero(start, text.count) }
    }
}
