// SPDX-License-Identifier: Apache-2.0

internal import Model
internal import YAML

/// A key of a Kubernetes Secret before the brand's name goes in.
struct StoreOutputTemplate {
    let namespace: String?
    let name: Located<NameTemplate>
    let key: Located<NameTemplate>
    let labels: [String: String]
    let mark: Mark
}

extension ConfigurationReader {
    /// What an output is that names a Kubernetes Secret, which has nothing a file has.
    mutating func storeOutput(_ output: Fields, _ node: YAMLNode) -> StoreOutputTemplate? {
        var isAlone = true
        for pair in document.pairs(output.mapping) where pair.knownKey != .kubernetesSecret {
            isAlone = false
            if pair.knownKey == .file {
                problems.add(
                    pair.mark, "`file` and `kubernetes_secret` are two outputs", hint: "each is an item of its own")
            } else if ConfigurationSection.output.known.contain(pair.key) {
                problems.add(pair.mark, "`\(document.keys[pair.key])` goes with `file` only")
            }
        }
        guard let fields = fields(node, of: .kubernetesSecret, named: "`kubernetes_secret`") else { return nil }
        let name = storeName(fields, .name, hint: "the Secret's own, as in doku-tokens")
        let key = storeName(fields, .key, hint: "as in \"{brand}\"")
        let labels = value(.labels, in: fields).map { self.labels($0) } ?? [:]
        var namespace: String?
        if let node = value(.namespace, in: fields) {
            namespace = self.namespace(node)
            if namespace == nil { return nil }
        }
        guard let name, let key, let labels, isAlone else { return nil }
        return StoreOutputTemplate(namespace: namespace, name: name, key: key, labels: labels, mark: fields.mark)
    }

    private mutating func storeName(_ fields: Fields, _ key: ConfigurationKey, hint: String) -> Located<NameTemplate>? {
        guard let node = value(key, in: fields) else {
            problems.add(fields.mark, "`\(key)` is missing", hint: hint)
            return nil
        }
        guard let text = text(node, key) else { return nil }
        guard let template = NameTemplate(text) else {
            noteUnknownPlaceholder(node, key)
            return nil
        }
        // What holds no brand's name is judged here, once.
        if !template.isVariable, !Self.isSound(text, key) {
            problems.add(node.mark, "`\(key)` is not \(Self.rule(of: key))")
            return nil
        }
        return Located(value: template, mark: node.mark)
    }

    private mutating func namespace(_ node: YAMLNode) -> String? {
        guard let text = text(node, .namespace) else { return nil }
        guard KubernetesName.isLabel(text) else {
            problems.add(
                node.mark, "`namespace` is not the name of one",
                hint: "1…63 of a-z 0-9 -, the first and the last no dash")
            return nil
        }
        return text
    }

    private mutating func labels(_ node: YAMLNode) -> [String: String]? {
        guard node.kind == .mapping else {
            problems.add(node.mark, "`labels` must be a mapping", hint: "of names to values")
            return nil
        }
        var labels: [String: String] = [:]
        let pairs = Array(document.pairs(node))
        for pair in pairs {
            let key = document.keys[pair.key]
            guard KubernetesName.isLabelKey(key) else {
                problems.add(
                    pair.mark, "this is not the name of a label",
                    hint: "1…63 of A-Z a-z 0-9 . _ -, the first and the last a letter or digit; or DOMAIN/NAME")
                continue
            }
            guard let text = text(pair.value, .labels) else { continue }
            guard KubernetesName.isLabelValue(text) else {
                problems.add(
                    pair.value.mark, "this is not the value of a label",
                    hint: "1…63 of A-Z a-z 0-9 . _ -, the first and the last a letter or digit")
                continue
            }
            labels[key] = text
        }
        return labels.count == pairs.count ? labels : nil
    }

    private static func isSound(_ text: String, _ key: ConfigurationKey) -> Bool {
        key == .name ? KubernetesName.isSubdomain(text) : KubernetesName.isKey(text)
    }

    private static func rule(of key: ConfigurationKey) -> String {
        key == .name
            ? "a Secret's name: 1…253 of a-z 0-9 - in parts between dots, each with a letter or digit at both ends"
            : "a Secret's key: 1…253 of A-Z a-z 0-9 . _ -, two dots not first"
    }

    /// Notes the output of one brand.
    mutating func expand(_ output: StoreOutputTemplate, for brandName: String, at index: Int) {
        let brandMark = brandPlaces[brandName]?.mark ?? output.mark
        let name = output.name.value.expanded(for: brandName)
        let key = output.key.value.expanded(for: brandName)
        for (text, what, template) in [(name, ConfigurationKey.name, output.name), (key, .key, output.key)]
        where template.value.isVariable && !Self.isSound(text, what) {
            problems.add(
                brandMark, "with this brand the `\(what)` in line \(template.mark.line) is not \(Self.rule(of: what))")
            return
        }
        do throws(TokenStoreRegister.Fault) {
            try stores.add(
                brand: index, TokenStore.Address(namespace: output.namespace, name: name), labels: output.labels,
                key: key, at: output.mark)
        } catch {
            switch error {
            case .keyTaken(let other) where other == output.mark && !output.key.value.isVariable:
                problems.add(
                    output.key.mark, "this key of a Secret is one for several brands", hint: "put {brand} into it")
            case .keyTaken(let other) where other == output.mark:
                problems.add(
                    brandMark, "this brand has the same key of a Secret as another brand",
                    hint: "names that differ in . - _ only are one {BRAND}")
            case .keyTaken(let other):
                problems.add(
                    output.key.mark, "two outputs have this key of a Secret: the other stands in line \(other.line)")
            case .otherLabels(let other):
                problems.add(
                    output.mark, "the same Secret has other `labels` in line \(other.line)",
                    hint: "one Secret, the same labels wherever it is named")
            }
        }
    }

    /// Hands over the stores, none of which may hold more than it can.
    mutating func finishStores(into configuration: inout Configuration) {
        for (store, mark) in zip(stores.stores, stores.marks) {
            let size = TokenStore.expectedTokenSize / 1024
            let whole = store.entries.count * size
            guard whole * 1024 > TokenStore.maximumSize else { continue }
            problems.add(
                mark,
                "this Secret would be too large: \(store.entries.count) tokens × \(size) KiB = \(whole) KiB, and a Secret "
                    + "holds \(TokenStore.maximumSize / 1024) KiB",
                hint: "put {brand} into its `name`, or spread the brands over several Secrets")
        }
        configuration.stores = stores.stores
    }
}
