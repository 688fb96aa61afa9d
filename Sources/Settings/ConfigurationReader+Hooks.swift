// SPDX-License-Identifier: Apache-2.0

internal import Model
internal import YAML

extension ConfigurationReader {
    /// Hooks run one after the other, so many of them do not fit into a run.
    private static let hookLimit = 32

    mutating func readHooks(_ fields: Fields, into configuration: inout Configuration) {
        guard let field = fields[.hooks], let items = items(field) else { return }
        if items.count > Self.hookLimit {
            problems.add(
                field.mark, "`hooks` has more than \(Self.hookLimit) items", hint: "let one program do several things")
        }
        var places: [String: NamePlace] = [:]
        for item in items.prefix(Self.hookLimit) {
            if let hook = hook(item.node, configuration, &places) { configuration.hooks.append(hook) }
        }
    }

    private mutating func hook(
        _ node: YAMLNode, _ configuration: Configuration, _ places: inout [String: NamePlace]
    ) -> Hook? {
        guard let fields = fields(node, of: .hook) else { return nil }
        let name = required(.name, in: fields, hint: "reports use it for the hook")
            .flatMap { self.name($0, of: "hook", besides: places) }
        if let name { places[name.value] = NamePlace(index: places.count, mark: name.mark) }
        let argv = required(.run, in: fields, hint: "a list: the program and its arguments").flatMap { program($0) }
        let trigger = fields[.when].map { choice($0) } ?? Hook.Trigger.changed
        var brands: Set<String>?
        if let field = fields[.brands], !isAll(field) {
            guard let chosen = namedBrands(field) else { return nil }
            brands = Set(chosen.values)
        }
        // A deadline shorter than the default timeout shortens the timeout, unless it was set.
        let timeout =
            fields[.timeout].map { duration($0, within: .milliseconds(100)...(.seconds(600))) }
            ?? min(.seconds(30), configuration.deadline)
        if let timeout, let field = fields[.timeout] { check(field, timeout, within: configuration.deadline) }
        guard let name, let argv, let trigger, let timeout else { return nil }
        return Hook(name: name.value, argv: argv, trigger: trigger, brands: brands, timeout: timeout)
    }

    private mutating func program(_ field: Field) -> [String]? {
        guard let argv = arguments(field, hint: "the program and its arguments") else { return nil }
        // A scheduler's working directory is arbitrary, so a relative path is a mistake.
        guard argv[0].value.utf8.first == 0x2F || !argv[0].value.utf8.contains(0x2F) else {
            return refuse(
                argv[0].mark, "`run` must begin with an absolute path or a plain name",
                hint: "a plain name is looked up in PATH; no shell expands anything")
        }
        return argv.map(\.value)
    }
}
