// SPDX-License-Identifier: Apache-2.0

internal import CCurl
internal import Glibc

/// The headers of one request as a libcurl list. The memory is used again for the next request: the list functions of
/// libcurl allocate each line twice, and a run sends ten thousand requests.
@safe struct HeaderLines: ~Copyable {
    /// The lines, each with a terminating zero.
    private var text: UnsafeMutablePointer<CChar>
    private var capacity = 512
    private var end = 0
    /// Offset of each line.
    private var starts: [Int] = []
    private var nodes: UnsafeMutablePointer<curl_slist>
    private var nodeCapacity = 8

    init() {
        unsafe text = .allocate(capacity: capacity)
        unsafe nodes = .allocate(capacity: nodeCapacity)
    }

    deinit {
        // The lines contain a signature.
        unsafe explicit_bzero(text, capacity)
        unsafe text.deallocate()
        unsafe nodes.deallocate()
    }

    /// Replaces the lines.
    /// - Throws: ``CurlError`` of kind `requestInvalid` for a control character, which could start a new line.
    mutating func set(userAgent: String, _ headers: [(name: String, value: String)]) throws(CurlError) {
        end = 0
        starts.removeAll(keepingCapacity: true)
        try append("User-Agent", userAgent)
        for index in headers.indices { try append(headers[index].name, headers[index].value) }
    }

    private mutating func append(_ name: String, _ value: String) throws(CurlError) {
        reserve(end + name.utf8.count + value.utf8.count + 3)
        starts.append(end)
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

    /// The list, valid until the next change; nil if it is empty.
    mutating func list() -> UnsafeMutablePointer<curl_slist>? {
        guard !starts.isEmpty else { return nil }
        if nodeCapacity < starts.count {
            unsafe nodes.deallocate()
            nodeCapacity = 2 * starts.count
            unsafe nodes = .allocate(capacity: nodeCapacity)
        }
        for index in starts.indices {
            let next = unsafe index + 1 < starts.count ? nodes + index + 1 : nil
            unsafe (nodes + index).initialize(to: curl_slist(data: text + starts[index], next: next))
        }
        return unsafe nodes
    }

    /// Appends bytes within the reserved capacity. Returns whether all bytes are allowed.
    /// - Parameter fault: Returns 0 for an allowed byte.
    private mutating func add(_ bytes: Span<UInt8>, _ fault: (UInt8) -> UInt8) -> Bool {
        let target = unsafe text + end
        var faults: UInt8 = 0
        for index in bytes.indices {
            let byte = bytes[index]
            faults |= fault(byte)
            unsafe target[index] = CChar(bitPattern: byte)
        }
        end += bytes.count
        return faults == 0
    }

    private mutating func reserve(_ count: Int) {
        guard count > capacity else { return }
        let larger = UnsafeMutablePointer<CChar>.allocate(capacity: 2 * count)
        unsafe larger.update(from: text, count: end)
        unsafe explicit_bzero(text, capacity)
        unsafe text.deallocate()
        unsafe text = larger
        capacity = 2 * count
    }
}
