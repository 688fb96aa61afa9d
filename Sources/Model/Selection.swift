// SPDX-License-Identifier: Apache-2.0

/// One of N processes that share the brands of one configuration.
package struct Shard: Sendable, Equatable {
    /// 0..<count.
    package let index: Int
    /// 1…4096.
    package let count: Int

    /// Reads `I/N`, I from 0 as in Kubernetes' `JOB_COMPLETION_INDEX`; nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let index = Self.number(parts[0]), let count = Self.number(parts[1]),
            (1...4096).contains(count), (0..<count).contains(index)
        else { return nil }
        self.index = index
        self.count = count
    }

    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.count <= 4, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text)
    }

    /// Whether this shard has the brand: the shard of the highest hash of brand and shard has it (rendezvous hashing),
    /// so that from N to N+1 shards only about one brand in N+1 moves, and all of those to the new shard.
    package func owns(_ brand: String) -> Bool {
        let name = Self.hash(brand)
        var best = 0
        var highest = Self.weight(name, 0)
        for shard in 1..<max(count, 1) {
            let weight = Self.weight(name, shard)
            if weight > highest {
                highest = weight
                best = shard
            }
        }
        return best == index
    }

    /// FNV-1a, 64 bits: the same on every machine and in every version.
    private static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    }

    /// The output function of SplitMix64 over name and shard: neighbouring shards get unrelated weights.
    private static func weight(_ name: UInt64, _ shard: Int) -> UInt64 {
        var mixed = name &+ UInt64(shard + 1) &* 0x9e37_79b9_7f4a_7c15
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// Which brands of the configuration a run is about.
package struct Selection: Sendable {
    /// Indexes into ``Configuration/brands``, ascending.
    package let brands: [Int]

    /// - Parameters:
    ///   - names: nil for all.
    ///   - shard: nil for all.
    /// - Throws: ``InvalidSelection`` for a name that no brand has, and for a shard of a configuration whose snippets
    ///   or stores need brands of several shards.
    package init(of configuration: Configuration, names: [String]?, shard: Shard?) throws(InvalidSelection) {
        var wanted = names.map(Set.init)
        brands = configuration.brands.indices.filter { index in
            let name = configuration.brands[index].name
            let isNamed = wanted.map { _ in wanted?.remove(name) != nil } ?? true
            return isNamed && shard?.owns(name) ?? true
        }
        if let unknown = wanted?.sorted(), !unknown.isEmpty {
            throw InvalidSelection(message: "no brand is named \(unknown.joined(separator: ", "))")
        }
        if let shard {
            let own = Set(brands)
            /// Whether the brands are all of this shard, or none is.
            func areTogether(_ brands: [Int]) -> Bool {
                let inside = brands.count { own.contains($0) }
                return inside == 0 || inside == brands.count
            }
            for snippet in configuration.snippets {
                guard areTogether(snippet.entries.map(\.brand)) else {
                    throw InvalidSelection(
                        message:
                            "--shard \(shard.index)/\(shard.count): the snippet \(snippet.path) needs brands of several "
                            + "shards, which would overwrite each other; give each shard its own snippet or none")
                }
            }
            for store in configuration.stores {
                guard areTogether(store.entries.map(\.brand)) else {
                    throw InvalidSelection(
                        message:
                            "--shard \(shard.index)/\(shard.count): \(store.name) holds tokens of several shards, which "
                            + "would overwrite each other; give each brand a Secret of its own ({brand} in its name)")
                }
            }
        }
    }
}

/// A command line that asks for brands which cannot be had.
package struct InvalidSelection: Error, Sendable {
    package let message: String
}
