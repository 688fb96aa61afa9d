// SPDX-License-Identifier: Apache-2.0

/// One of N processes that share the brands of one configuration.
package struct Shard: Sendable, Equatable {
    /// 0..<count.
    package let index: Int
    /// 1…4096.
    package let count: Int

    /// Reads `I/N`, with I from 0 as in Kubernetes' `JOB_COMPLETION_INDEX`; nil if the text is anything else.
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

    /// Whether this shard owns the brand: the shard with the highest hash of brand and shard does (rendezvous hashing).
    /// From N to N+1 shards, only about one brand in N+1 moves, always to the new shard.
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

    /// FNV-1a with 64 bits: the same on every machine and in every version.
    private static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    }

    /// The output function of SplitMix64 over name and shard, so that neighbouring shards get unrelated weights.
    private static func weight(_ name: UInt64, _ shard: Int) -> UInt64 {
        var mixed = name &+ UInt64(shard + 1) &* 0x9e37_79b9_7f4a_7c15
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// The brands of the configuration that a run covers.
package struct Selection: Sendable {
    /// In the order of the configuration.
    package let brands: [Brand]
    /// Names of the configuration's other brands.
    package let others: Set<String>

    /// - Throws: ``InvalidSelection`` if a name is unknown, or if a shared destination needs brands of several shards.
    package init(of configuration: Configuration, names: [String]?, shard: Shard?) throws(InvalidSelection) {
        guard names != nil || shard != nil else {
            brands = configuration.brands
            others = []
            return
        }
        var wanted = names.map(Set.init)
        var brands: [Brand] = []
        var others: Set<String> = []
        for brand in configuration.brands {
            let isNamed = wanted == nil || wanted?.remove(brand.name) != nil
            if isNamed && shard?.owns(brand.name) ?? true { brands.append(brand) } else { others.insert(brand.name) }
        }
        if let unknown = wanted?.sorted(), !unknown.isEmpty {
            throw InvalidSelection(message: "no brand is named \(unknown.joined(separator: ", "))")
        }
        self.brands = brands
        self.others = others
        guard let shard else { return }
        let shared =
            configuration.snippets.lazy.map { ($0.path, $0.entries.map(\.brand.name)) }
            + configuration.destinations.lazy.map { ($0.name, $0.entries.map(\.brand)) }
        for (name, brands) in shared {
            let outside = brands.count(where: others.contains)
            guard outside == 0 || outside == brands.count else {
                throw InvalidSelection(
                    message:
                        "--shard \(shard.index)/\(shard.count): \(name) holds tokens of several shards, which would "
                        + "overwrite each other; use one for each shard or brand")
            }
        }
    }
}

/// A command line that asks for brands that the run cannot process.
package struct InvalidSelection: Error, Sendable {
    package let message: String
}
