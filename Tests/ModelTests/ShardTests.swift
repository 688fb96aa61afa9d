// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

@Suite struct ShardTests {
    @Test(arguments: [
        ("0/1", 0, 1), ("0/2", 0, 2), ("1/2", 1, 2), ("3/4", 3, 4), ("0/4096", 0, 4096), ("4095/4096", 4095, 4096),
    ])
    func `a shard is one of so many, counted from 0`(text: String, index: Int, count: Int) {
        let shard = Shard(text)
        #expect(shard?.index == index)
        #expect(shard?.count == count)
    }

    @Test(arguments: [
        "", "/", "0", "1/1", "2/2", "5/4", "-1/2", "+0/2", "0/-2", "0/0", "0/4097", "4096/4097", "0/99999", "0/2/3",
        "0//2", "/2", "0/", " 0/2", "0/2 ", "0 / 2", "0/2\n", "a/b", "0x0/2", "٠/٢", "０/２", "1.0/2", "00000/2",
        "99999999999999999999/2", "0\\2", "0:2",
    ])
    func `anything else is no shard`(text: String) {
        #expect(Shard(text) == nil)
    }

    private static let names = (0..<10_000).map { "brand-\($0)" }

    private func shards(_ count: Int) throws -> [Shard] {
        try (0..<count).map { try #require(Shard("\($0)/\(count)")) }
    }

    /// The owner of each name.
    private func owners(_ count: Int) throws -> [Int] {
        let shards = try shards(count)
        return Self.names.map { name in
            let owners = shards.filter { $0.owns(name) }
            #expect(owners.count == 1, "\(name) of \(count)")
            return owners.first?.index ?? -1
        }
    }

    @Test(arguments: 1...12)
    func `each brand has exactly one shard, and the shards share evenly`(count: Int) throws {
        let owners = try owners(count)
        for shard in 0..<count {
            let share = Double(owners.count { $0 == shard }) * Double(count) / Double(Self.names.count)
            #expect((0.8...1.2).contains(share), "shard \(shard) of \(count) has \(share) of its share")
        }
    }

    @Test(arguments: 1...10)
    func `one shard more takes its own share and moves nothing else`(count: Int) throws {
        let moves = zip(try owners(count), try owners(count + 1)).filter { $0 != $1 }
        #expect(moves.allSatisfy { $0.1 == count })
        let share = Double(moves.count) * Double(count + 1) / Double(Self.names.count)
        #expect((0.8...1.2).contains(share), "\(moves.count) moved")
    }

    /// Names as people choose them, not only numbered ones.
    @Test func `names that differ little are spread as well`() throws {
        let letters = Array("abcdefghijklmnopqrstuvwxyz").map(String.init)
        let names = letters.flatMap { first in letters.map { "\(first)\($0)" } }
        let shards = try shards(4)
        for shard in shards {
            #expect((0.7...1.3).contains(Double(names.count(where: shard.owns)) * 4 / Double(names.count)))
        }
    }

    @Test func `the only shard has everything`() throws {
        let only = try #require(Shard("0/1"))
        #expect(Self.names.prefix(100).allSatisfy(only.owns))
        #expect(only.owns(""))
    }
}
