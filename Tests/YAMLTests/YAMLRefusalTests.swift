// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing
import YAML

/// Debug builds check every access, so they get more time.
#if DEBUG
private let patience = 20
#else
private let patience = 1
#endif

/// CPU time of this thread: other tests and programs do not count.
private func processorTime(_ body: () throws -> Void) rethrows -> Duration {
    func now() -> Duration {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
    let start = now()
    try body()
    return now() - start
}

private func failure(_ bytes: [UInt8]) -> YAMLError? {
    do throws(YAMLError) {
        _ = try YAMLParser.parse(bytes)
        return nil
    } catch {
        return error
    }
}

@Suite struct YAMLRefusalTests {
    @Test(arguments: [
        ("a: [1", 1, 4, "bracket that opens here is not closed"),
        ("a: {b: 1,\n", 2, 1, "ends inside brackets"),
        ("a: {b: c{d}}", 1, 9, "comma or the closing bracket"),
        ("a:\n  - b\n c", 3, 2, "does not fit the lines above"),
        ("a: 'x\n\n", 1, 4, "quoted text that begins here is not closed"),
        ("a: \"x\n\n", 1, 4, "quoted text that begins here is not closed"),
        ("a:\n\tb: 1\n", 2, 1, "tab"),
        ("a: @x", 1, 4, "cannot begin"),
        ("a: %x", 1, 4, "cannot begin"),
        ("a: 1\nb: 2\na: 3\n", 3, 1, "duplicate key: already defined on line 1"),
        ("{a: 1, \"a\": 2}", 1, 8, "duplicate key"),
        ("a: {a: 1, b: {a: 2, b: 3}}\nb: 1\na: 4\n", 3, 1, "duplicate key: already defined on line 1"),
        ("\u{E9}: 1\ne\u{301}: 2\n", 2, 1, "duplicate key: already defined on line 1"),
        ("a: !!int 1", 1, 4, "tags"),
        ("a: !x {}", 1, 4, "tags"),
        ("!!map {a: 1}", 1, 1, "tags"),
        ("a: !e!x 1", 1, 4, "tag"),
        ("<<: {a: 1}", 1, 1, "merge"),
        ("a: *x", 1, 4, "alias"),
        ("a: &x [*x]", 1, 8, "alias"),
        ("&x a: 1\n*x : 2", 2, 1, "key must be a plain word"),
        ("{a: 1}: 2", 1, 1, "key must be a plain word"),
        ("? [a]\n: 2", 1, 3, "key must be a plain word"),
        ("a: 1\n---\nb: 2\n", 2, 1, "second document"),
        ("a: 1\n...\n---\n", 3, 1, "second document"),
        ("", 1, 1, "empty"),
        ("\u{FEFF}", 1, 1, "empty"),
        ("# nothing\n\n# here\n", 1, 1, "empty"),
        ("a: 1\nb: x\u{0}y\n", 2, 5, "NUL"),
        ("a: 1\nb: x\u{1B}y\n", 2, 5, "control"),
        ("a: 1\nb: x\u{7F}y\n", 2, 5, "control"),
        ("# x\ra: 1\n", 1, 4, "carriage return"),
        ("a: é\u{202E}", 1, 5, "invisible"),
        ("# x\u{2028}a: 1", 1, 4, "invisible"),
        ("# x\u{85}a: 1", 1, 4, "invisible"),
        ("a: 1\n\u{FEFF}b: 1\n", 2, 1, "invisible"),
        ("a: \"\\ud800\"", 1, 7, "Unicode"),
        ("a: \"\\q\"", 1, 5, "escape"),
    ])
    func `an invalid document is refused with its position`(
        source: String, line: Int, column: Int, part: String
    ) throws {
        let error = try #require(failure(Array(source.utf8)))
        #expect(error.message.contains(part), "\(error)")
        #expect(error.mark == Mark(line: line, column: column), "\(error)")
    }

    @Test(
        arguments: [
            ([0xFF, 0xFE, 0x61, 0x00], 1, "UTF-16"),
            ([0xFE, 0xFF, 0x00, 0x61], 1, "UTF-16"),
            ([0x61, 0x00, 0x3A, 0x00], 2, "NUL"),
            ([0x61, 0x3A, 0x20, 0xFF], 4, "not UTF-8"),
            ([0x61, 0x3A, 0x20, 0xC3], 4, "not UTF-8"),
            ([0x61, 0x3A, 0x20, 0xC0, 0x80], 4, "not UTF-8"),
            ([0x61, 0x3A, 0x20, 0xED, 0xA0, 0x80], 4, "not UTF-8"),
            ([0x61, 0x3A, 0x20, 0xE0, 0x80, 0x80], 4, "not UTF-8"),
            ([0x61, 0x3A, 0x20, 0xF4, 0x90, 0x80, 0x80], 4, "not UTF-8"),
            ([0x61, 0x3A, 0x20, 0x80], 4, "not UTF-8"),
        ] as [([UInt8], Int, String)])
    func `bytes that are not UTF-8 text are refused`(bytes: [UInt8], column: Int, part: String) throws {
        let error = try #require(failure(bytes))
        #expect(error.message.contains(part), "\(error)")
        #expect(error.mark == Mark(line: 1, column: column))
    }

    @Test func `4 MiB are allowed and one byte more is not`() throws {
        let line = Array("# 456789012345\n\n".utf8)
        var bytes = Array("a: 1\n".utf8)
        while bytes.count + line.count <= 4 << 20 { bytes += line }
        bytes += Array(repeating: 0x0A, count: 4 << 20 - bytes.count)
        #expect(failure(bytes) == nil)
        #expect(try #require(failure(bytes + [0x0A])).message.contains("4 MiB"))
    }

    @Test(arguments: ["[", "{", "- ", "? ", "{a: ", "[a, "])
    func `a mebibyte of nesting is refused quickly`(opening: String) throws {
        let bytes = Array(String(repeating: opening, count: (1 << 20) / opening.utf8.count).utf8)
        var error: YAMLError?
        let time = processorTime { error = failure(bytes) }
        #expect(try #require(error).mark.line == 1)
        #expect(time < .milliseconds(50) * patience)
    }

    @Test func `a billion-laughs document is refused quickly`() throws {
        var source = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n"
        for level in 1...9 {
            let item = "*a\(level - 1)"
            source += "a\(level): &a\(level) [" + Array(repeating: item, count: 9).joined(separator: ", ") + "]\n"
        }
        var error: YAMLError?
        let time = processorTime { error = failure(Array(source.utf8)) }
        #expect(try #require(error).message.contains("aliases expand"))
        #expect(time < .milliseconds(50) * patience)
    }

    @Test func `chains of aliases cannot nest deeper than text can`() throws {
        var source = "a0: &a0 [x]\n"
        for level in 1...40 { source += "a\(level): &a\(level) [*a\(level - 1)]\n" }
        let error = try #require(failure(Array(source.utf8)))
        #expect(error.message.contains("nested deeper"))
        // The root is one level, `a0` another: the 31st link of the chain makes 33.
        #expect(error.mark.line == 32)
    }

    @Test func `a list of more than a million dashes is refused`() throws {
        let bytes = Array(String(repeating: "-\n", count: 1_000_001).utf8)
        #expect(try #require(failure(bytes)).message.contains("more than 1000000 values"))
    }

    @Test func `many duplicate keys do not take quadratic time`() throws {
        var source = (0..<200_000).map { "k\($0): 1\n" }.joined()
        source += "k199999: 1\n"
        var error: YAMLError?
        let time = processorTime { error = failure(Array(source.utf8)) }
        #expect(try #require(error).mark == Mark(line: 200_001, column: 1))
        #expect(time < .seconds(1) * patience)
    }

    @Test func `no error contains text of the file`() {
        let canary = "canary9z"
        let faults = [
            "x: '", "x: \"\\q", "x: [", "x: {", "x:\n\t", "x: @", "x: *", "x: !", "x: !<", "x: %", "x: &", "x: |9",
            "? [", "a: b: ",
            "%TAG ! ", "%YAML 9.", "%X ", "- a\n b: ", "<<: ", "x: \u{0}", "x: \u{202E}", "x: 1\nx: ", "&", "x: `",
            "x: !a!",
        ]
        for fault in faults {
            for source in ["\(fault)\(canary)", "\(canary): 1\n\(fault)\(canary): \(canary)\n", "\(canary)\(fault)"] {
                guard let error = failure(Array(source.utf8)) else { continue }
                #expect(!"\(error)".contains("anary"), "\(fault)")
            }
        }
    }
}
