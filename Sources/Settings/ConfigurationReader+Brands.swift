// SPDX-License-Identifier: Apache-2.0

internal import Model
internal import YAML

/// The settings that both `defaults` and a brand may hold; nil if left out or invalid.
struct BrandSettings {
    var namesSecret = false
    var secret: SecretTemplate?
    var validTime: Located<Duration>?
    var renewBefore: Located<RenewalThreshold>?
    /// nil only if left out.
    var outputs: OutputList?
    /// The times of a brand that sets none itself.
    var times = Brand.Times.unsaid

    func times(over defaults: BrandSettings) -> Brand.Times {
        Brand.Times(
            validTime: (validTime ?? defaults.validTime)?.value,
            renewBefore: (renewBefore ?? defaults.renewBefore)?.value)
    }
}

extension ConfigurationReader {
    mutating func brandDefaults(_ node: YAMLNode) -> BrandSettings {
        guard let fields = fields(node, of: .defaults, named: "`defaults`") else { return BrandSettings() }
        var settings = brandSettings(fields)
        settings.times = settings.times(over: BrandSettings())
        return settings
    }

    private mutating func brandSettings(_ fields: Fields) -> BrandSettings {
        let secret = value(.secret, in: fields)
        return BrandSettings(
            namesSecret: secret != nil,
            secret: secret.flatMap { self.secret($0) },
            validTime: value(.validTime, in: fields).flatMap { validTime($0) },
            renewBefore: value(.renewBefore, in: fields).flatMap { renewBefore($0) },
            outputs: value(.outputs, in: fields).map { outputs($0) })
    }

    mutating func readBrands(
        _ node: YAMLNode, defaults: BrandSettings, into configuration: inout Configuration
    ) {
        guard let items = items(node, .brands) else { return }
        if items.isEmpty { problems.add(node.mark, "`brands` is an empty list", hint: "it needs at least one brand") }
        configuration.brands.reserveCapacity(items.count)
        brandPlaces.reserveCapacity(items.count)
        clientIDPlaces.reserveCapacity(items.count)
        paths.reserveCapacity(items.count)
        for item in items {
            if let brand = brand(item, at: configuration.brands.count, defaults: defaults) {
                configuration.brands.append(brand)
            }
        }
    }

    /// nil if a problem was noted. A valid name is registered in any case.
    private mutating func brand(_ node: YAMLNode, at index: Int, defaults: BrandSettings) -> Brand? {
        guard let fields = fields(node, of: .brand, named: "a brand") else { return nil }
        let name = brandName(fields, at: index)
        let clientID = clientID(fields)
        let own = brandSettings(fields)
        checkTimes(own: own, defaults: defaults)
        if !own.namesSecret, !defaults.namesSecret {
            problems.add(fields.mark, "`secret` is missing", hint: "one of \(oneOf(SecretTemplate.sources))")
        }
        guard let name else { return nil }
        let secret = (own.namesSecret ? own.secret : defaults.secret).flatMap { expand($0, for: name) }
        let list = own.outputs ?? defaults.outputs ?? OutputList()
        guard take(places: list.sound.count + list.soundDestinations.count, at: fields.mark) else { return nil }
        var outputs: [TokenOutput] = []
        outputs.reserveCapacity(list.sound.count)
        for output in list.sound {
            if let output = expand(output, for: name) { outputs.append(output) }
        }
        for output in list.soundDestinations { expand(output, for: name) }
        if list.isEmpty { uncovered[name] = fields.mark }
        guard let clientID, let secret else { return nil }
        let times = own.validTime == nil && own.renewBefore == nil ? defaults.times : own.times(over: defaults)
        return Brand(name: name, clientID: clientID, secret: secret, times: times, outputs: outputs)
    }

    private mutating func brandName(_ fields: Fields, at index: Int) -> String? {
        guard let node = value(.name, in: fields) else {
            problems.add(fields.mark, "`name` is missing", hint: "lower-case letters, digits, dot, dash, underscore")
            return nil
        }
        guard let name = text(node, .name) else { return nil }
        guard Brand.isName(name) else {
            problems.add(
                node.mark, "`name` is not a valid brand name",
                hint: Self.nameHint)
            return nil
        }
        if let earlier = brandPlaces.insert((index, node.mark), unlessPresent: name) {
            problems.add(node.mark, "two brands have this `name`: the other is in line \(earlier.mark.line)")
            return nil
        }
        return name
    }

    /// The rule of ``Brand/isName(_:)``, for messages.
    static let nameHint = "1…63 of a-z 0-9 . _ - without two dots in a row, the first a letter or digit"

    private mutating func clientID(_ fields: Fields) -> String? {
        guard let node = value(.clientID, in: fields) else {
            problems.add(fields.mark, "`client_id` is missing", hint: "the Brand ID from DOKU, BRN-…")
            return nil
        }
        guard let clientID = text(node, .clientID) else { return nil }
        guard clientID.utf8.count <= 128, VisibleText.isVisibleASCII(clientID) else {
            problems.add(node.mark, "`client_id` must be at most 128 visible ASCII characters without spaces")
            return nil
        }
        if let earlier = clientIDPlaces.insert(node.mark, unlessPresent: clientID) {
            problems.add(
                node.mark, "two brands have this `client_id`: the other is in line \(earlier.line)",
                hint: "correct a copied `client_id`, or list all outputs under one brand")
            return nil
        }
        return clientID
    }

    private mutating func validTime(_ node: YAMLNode) -> Located<Duration>? {
        let minute = Duration.seconds(60)
        guard let time = duration(node, .validTime, within: minute...minute * 60 * 24 * 365) else { return nil }
        guard time.components.seconds % 60 == 0, time.components.attoseconds == 0 else {
            problems.add(node.mark, "`valid_time` must be whole minutes", hint: "DOKU accepts only minutes")
            return nil
        }
        if let nextRun, time <= nextRun.end {
            problems.add(
                node.mark,
                "`valid_time` \(DurationText.render(time)) does not outlive the next run: \(nextRun.arithmetic)",
                hint: "a longer valid_time, or a shorter run_every")
            return nil
        }
        return Located(value: time, mark: node.mark)
    }

    private mutating func renewBefore(_ node: YAMLNode) -> Located<RenewalThreshold>? {
        guard let text = text(node, .renewBefore) else { return nil }
        if text.utf8.last == 0x25 {
            guard let percent = Int(text.dropLast()), "\(percent)%" == text, (1...99).contains(percent) else {
                problems.add(node.mark, "`renew_before` must be 1%…99% or a duration")
                return nil
            }
            return Located(value: .percent(percent), mark: node.mark)
        }
        let minute = Duration.seconds(60)
        return duration(node, .renewBefore, within: .seconds(1)...minute * 60 * 24 * 365)
            .map { Located(value: .remaining($0), mark: node.mark) }
    }

    /// Notes the problem at the brand's own value if it has one, else at the default's.
    private mutating func checkTimes(own: BrandSettings, defaults: BrandSettings) {
        guard let validTime = own.validTime ?? defaults.validTime,
            let renewBefore = own.renewBefore ?? defaults.renewBefore,
            case .remaining(let threshold) = renewBefore.value, threshold >= validTime.value
        else { return }
        let mark = own.renewBefore?.mark ?? own.validTime?.mark ?? renewBefore.mark
        problems.add(
            mark,
            "`renew_before` \(DurationText.render(threshold)) is not shorter than "
                + "`valid_time` \(DurationText.render(validTime.value))",
            hint: "every run would renew the token")
    }
}
