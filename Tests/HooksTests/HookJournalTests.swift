// SPDX-License-Identifier: Apache-2.0

import Model
import TestSupport
import Testing

@testable import Hooks

@Suite struct HookJournalTests {
    private static let sample: HookJournal = {
        var journal = HookJournal()
        journal.entries["reload"] = .init(since: Sample.now, changed: ["teh", "kopi"], failed: [])
        journal.entries["01.page"] = .init(since: Timestamp(seconds: 0), changed: [], failed: ["a_b-c.d"])
        journal.entries["beat"] = .init(since: Sample.now)
        return journal
    }()

    /// The format of version 1 never changes. Another format needs another version.
    @Test func `the file has the documented format`() throws {
        let text = """
            {"version":1,"hooks":[{"name":"01.page","since":0,"changed":[],"failed":["a_b-c.d"]},
            {"name":"beat","since":1795339800,"changed":[],"failed":[]},
            {"name":"reload","since":1795339800,"changed":["kopi","teh"],"failed":[]}]}

            """
        #expect(String(decoding: Self.sample.bytes, as: UTF8.self) == text)
        #expect(try HookJournal(Array(text.utf8)) == Self.sample)
        #expect(String(decoding: HookJournal().bytes, as: UTF8.self) == "{\"version\":1,\"hooks\":[]}\n")
    }

    @Test func `a journal with ten thousand brands is read back`() throws {
        var journal = HookJournal()
        let names = Set((0..<10_000).map { "brand-\($0)-" + String(repeating: "x", count: 40) })
        journal.entries["a"] = .init(since: Sample.now, changed: names, failed: names)
        #expect(journal.bytes.count < HookJournal.maximumSize / 32)
        #expect(try HookJournal(journal.bytes) == journal)
    }

    @Test(arguments: [
        "", " ", "{}", "[]", "null", "1", "{\"version\":1}", "{\"hooks\":[]}", "{\"version\":\"1\",\"hooks\":[]}",
        "{\"version\":1,\"hooks\":{}}", "{\"version\":1,\"hooks\":[1]}", "{\"version\":1,\"hooks\":[{}]}",
        "{\"version\":1,\"hooks\":[{\"name\":\"a\"}]}",
        "{\"version\":1,\"hooks\":[{\"name\":\"A\",\"since\":1,\"changed\":[],\"failed\":[]}]}",
        "{\"version\":1,\"hooks\":[{\"name\":\"a\",\"since\":1,\"changed\":[\"../b\"],\"failed\":[]}]}",
        "{\"version\":1,\"hooks\":[{\"name\":\"a\",\"since\":1e30,\"changed\":[],\"failed\":[]}]}",
        "{\"version\":1,\"hooks\":[{\"name\":\"a\",\"since\":1,\"changed\":[],\"failed\":[null]}]}",
        "{\"version\":1,\"hooks\":[{\"name\":\"a\",\"since\":1,\"changed\":[],\"failed\":[]},"
            + "{\"name\":\"a\",\"since\":1,\"changed\":[],\"failed\":[]}]}",
        "{\"version\":1,\"hooks\":[]}x",
    ])
    func `an invalid journal is rejected`(text: String) {
        #expect(throws: InvalidJournal.malformed) { try HookJournal(Array(text.utf8)) }
    }

    @Test(arguments: ["{\"version\":2,\"hooks\":[]}", "{\"version\":2,\"queue\":{}}", "{\"version\":0,\"hooks\":[]}"])
    func `another version is reported as such`(text: String) {
        #expect(throws: InvalidJournal.unknownVersion) { try HookJournal(Array(text.utf8)) }
    }

    /// Truncates the bytes at every position, or changes one byte. An accepted journal is written back unchanged.
    @Test func `damaged bytes are rejected or read as a valid journal`() {
        let bytes = Self.sample.bytes
        var refused = 0
        // The journal is complete without its last newline.
        for length in 0..<(bytes.count - 1) {
            #expect(throws: InvalidJournal.self) { try HookJournal(Array(bytes.prefix(length))) }
        }
        var generator = SeededGenerator(seed: 30)
        for _ in 0..<3000 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                damaged[Int.random(in: damaged.indices, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
            }
            guard let journal = try? HookJournal(damaged) else {
                refused += 1
                continue
            }
            #expect((try? HookJournal(journal.bytes)) == journal)
        }
        #expect(refused > 2000)
    }

    @Test func `merged entries keep all brands and the earlier time`() {
        let early = HookJournal.Entry(since: Timestamp(seconds: 5), changed: ["a"], failed: ["x"])
        let late = HookJournal.Entry(since: Timestamp(seconds: 9), changed: ["b"], failed: [])
        let both = HookJournal.Entry(since: Timestamp(seconds: 5), changed: ["a", "b"], failed: ["x"])
        #expect(early.merged(with: late) == both)
        #expect(late.merged(with: early) == both)
    }
}

@Suite struct HookCallTests {
    private static func call(_ names: [String], failed: [String] = [], isOverdue: Bool = false) -> HookCall {
        let brands = (names + failed).map { name in
            Brand(
                name: name, clientID: "B", secret: .environment(variable: "UNUSED"), times: .unsaid,
                outputs: [])
        }
        return HookCall(
            hook: Hook(name: "h", argv: ["true"], trigger: .changed, brands: nil, timeout: .seconds(1)),
            entry: .init(since: Sample.now, changed: Set(names), failed: Set(failed)), brands: brands, runID: "r",
            exitStatus: .transient, isOverdue: isOverdue)
    }

    @Test func `names are in the order of the configuration`() {
        let call = Self.call(["c", "a", "b"], failed: ["z", "y"], isOverdue: true)
        #expect(call.list == "changed c\nchanged a\nchanged b\nfailed z\nfailed y\n")
        #expect(
            call.environment == [
                "DOKU_HOOK=h", "DOKU_RUN_ID=r", "DOKU_EXIT_CODE=10", "DOKU_CHANGED_COUNT=3", "DOKU_FAILED_COUNT=2",
                "DOKU_CHANGED_BRANDS=c a b", "DOKU_FAILED_BRANDS=z y", "DOKU_PENDING_SINCE=2026-11-22T09:30:00Z",
            ])
    }

    /// The limit of 32 KiB includes the spaces between the names.
    @Test func `a list too long for a variable is left out, but its count is kept`() {
        // Each name has 63 bytes and a space.
        let names = (0..<513).map { String(repeating: "b", count: 58) + "-\($0 + 1000)" }
        let fits = Self.call(Array(names.prefix(512)))
        #expect(fits.environment.contains { $0.hasPrefix("DOKU_CHANGED_BRANDS=") })
        let tooLong = Self.call(names)
        #expect(!tooLong.environment.contains { $0.hasPrefix("DOKU_CHANGED_BRANDS") })
        #expect(tooLong.environment.contains("DOKU_CHANGED_COUNT=513"))
        #expect(tooLong.environment.contains("DOKU_FAILED_BRANDS="))
        #expect(tooLong.list.utf8.count == 513 * (8 + 63 + 1))
    }
}
