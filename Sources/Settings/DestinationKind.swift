// SPDX-License-Identifier: Apache-2.0

/// A kind of shared destination that an item of `outputs` may name, with the rules for its keys.
struct DestinationKind: Sendable {
    /// Every kind.
    static let all: [DestinationKind] = [.kubernetesSecret]

    /// A key of the mapping. Its value may contain `{brand}`.
    struct Part: Sendable {
        let key: ConfigurationKey
        /// A value for the message that the key is missing; nil if the key may be left out.
        let example: String?
        /// What a value must be, for messages.
        let rule: String
        let isValid: @Sendable (String) -> Bool
    }

    /// The key in an item of `outputs`, and the mapping below it.
    let key: ConfigurationKey
    let section: ConfigurationSection
    /// A singular noun for messages.
    let noun: String
    /// The keys that say which destination it is, followed by `key`: the place of the brand's token in it.
    let parts: [Part]
    /// The size limit of all tokens together, in bytes; nil for no limit.
    var capacity: Int?
    /// Reads `labels`.
    var labels: @Sendable (inout ConfigurationReader, Fields) -> [String: String]? = { _, _ in [:] }
    /// The name in messages and reports, from the values of the parts. Two destinations never have the same name.
    let name: @Sendable ([String: String]) -> String
}
