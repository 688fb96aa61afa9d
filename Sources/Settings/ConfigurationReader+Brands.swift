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
    private static let tokenTimes = Duration.seconds(1)...(.seconds(3600 * 24 * 365))

    mutating func brandDefaults(_ field: Field) -> BrandSettings {
        guard let fields = fields(field.node, of: .defaults) else { return BrandSettings() }
        var settings = brandSettings(fields)
        settings.times = settings.times(over: BrandSettings())
        return settings
    }

    private mutating func brandSettings(_ fields: Fields) -> BrandSettings {
        BrandSettings(
            namesSecret: fields[.secret] != nil,
            secret: fields[.secret].flatMap { secret($0.node) },
            validTime: fields[.validTime].flatMap { validTime($0) },
            renewBefore: fields[.renewBefore].flatMap { renewBefore($0) },
            outputs: fields[.outputs].map { outputs($0) })
    }

    mutating func readBrands(_ field: Field, defaults: BrandSettings, into configuration: inout Configuration) {
        guard let items = items(field) else { return }
        if items.isEmpty {
            problems.add(field.mark, "`brands` is an empty list", hint: "it needs at least one brand")
        }
        configuration.brands.reserveCapacity(items.count)
        brandPlaces.reserveCapacity(items.count)
        clientIDPlaces.reserveCapacity(items.count)
        paths.reserveCapacity(items.count * 2)
        for item in items {
            if let brand = brand(item.node, defaults: defaults) { configuration.brands.append(brand) }
        }
    }

    /// nil if a problem was noted. A valid name is registered in any case.
    private mutating func brand(_ node: YAMLNode, defaults: BrandSettings) -> Brand? {
        guard let fields = fields(node, of: .brand) else { return nil }
        let located = required(.name, in: fields, hint: "lower-case letters, digits, dot, dash, underscore")
            .flatMap { self.name($0, of: "brand", besides: brandPlaces) }
        let clientID = required(.clientID, in: fields, hint: "the Brand ID from DOKU, BRN-…")
            .flatMap { self.clientID($0) }
        let own = brandSettings(fields)
        checkTimes(own: own, defaults: defaults)
        if !own.namesSecret, !defaults.namesSecret {
            problems.add(fields.mark, "`secret` is missing", hint: SecretTemplate.oneSource)
        }
        guard let name = located?.value, let mark = located?.mark else { return nil }
        brandPlaces[name] = NamePlace(index: brandPlaces.count, mark: mark)
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

    private mutating func clientID(_ field: Field) -> String? {
        guard let clientID = text(field) else { return nil }
        guard clientID.utf8.count <= 128, VisibleText.isVisibleASCII(clientID) else {
            return refuse(field, "must be at most 128 visible ASCII characters without spaces")
        }
        if let earlier = clientIDPlaces.insert(field.mark, unlessPresent: clientID) {
            return refuse(
                field.mark, "two brands have this `client_id`: the other is in line \(earlier.line)",
                hint: "correct a copied `client_id`, or list all outputs under one brand")
        }
        return clientID
    }

    private mutating func validTime(_ field: Field) -> Located<Duration>? {
        guard let time = duration(field, within: .seconds(60)...Self.tokenTimes.upperBound) else { return nil }
        guard time.components.seconds % 60 == 0, time.components.attoseconds == 0 else {
            return refuse(field, "must be whole minutes", hint: "DOKU accepts only minutes")
        }
        if let nextRun, time <= nextRun.end {
            return refuse(
                field, "\(DurationText.render(time)) does not outlive the next run: \(nextRun.arithmetic)",
                hint: "a longer valid_time, or a shorter run_every")
        }
        return Located(value: time, mark: field.mark)
    }

    private mutating func renewBefore(_ field: Field) -> Located<RenewalThreshold>? {
        guard let text = text(field) else { return nil }
        guard text.utf8.last == 0x25 else {
            return duration(field, within: Self.tokenTimes).map { Located(value: .remaining($0), mark: field.mark) }
        }
        guard let percent = Int(text.dropLast()), "\(percent)%" == text, (1...99).contains(percent) else {
            return refuse(field, "must be 1%…99% or a duration")
        }
        return Located(value: .percent(percent), mark: field.mark)
    }

    /// Notes the problem at the brand's own value if it has one, else at the default's.
    private mutating func checkTimes(own: BrandSettings, defaults: BrandSettings) {
        guard let validTime = own.validTime ?? defaults.validTime,
            let renewBefore = own.renewBefore ?? defaults.renewBefore,
            case .remaining(let threshold) = renewBefore.value, threshold >= validTime.value
        else { return }
        problems.add(
            own.renewBefore?.mark ?? own.validTime?.mark ?? renewBefore.mark,
            "`renew_before` \(DurationText.render(threshold)) is not shorter than "
                + "`valid_time` \(DurationText.render(validTime.value))",
            hint: "every run would renew the token")
    }
}
