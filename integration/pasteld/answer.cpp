// Part of smartpool. Copyright (c) 2026 The smartpool developers. MIT License, see LICENSE.
#include "answer.h"

#include <algorithm>
#include <limits>

#include <nlohmann/json.hpp>

namespace smartpool {
namespace {

using json = nlohmann::json;

[[noreturn]] void nonsense()
{
    throw NoAnswer("the answer is not one of smartpoold's; is it another program or version?");
}

int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

// The object must have exactly these members, in any order.
const json& object(const json& value, std::initializer_list<const char*> members)
{
    if (!value.is_object() || value.size() != members.size())
        nonsense();
    for (const char* member : members)
        if (!value.contains(member))
            nonsense();
    return value;
}

const std::string& text(const json& value)
{
    if (!value.is_string())
        nonsense();
    return value.get_ref<const std::string&>();
}

const std::string& someText(const json& value)
{
    if (text(value).empty())
        nonsense();
    return text(value);
}

std::string hash(const json& value)
{
    const std::string& s = text(value);
    if (s.size() != 64 || !std::all_of(s.begin(), s.end(), [](char c) { return digit(c) >= 0; }))
        nonsense();
    return s;
}

Bytes bytes(const json& value)
{
    const std::string& s = text(value);
    if (s.empty() || s.size() % 2 != 0)
        nonsense();
    Bytes out(s.size() / 2);
    for (std::size_t i = 0; i < out.size(); i++) {
        const int high = digit(s[2 * i]), low = digit(s[2 * i + 1]);
        if (high < 0 || low < 0)
            nonsense();
        out[i] = static_cast<unsigned char>(high << 4 | low);
    }
    return out;
}

int height(const json& value, int least)
{
    if (!value.is_number_integer())
        nonsense();
    if (value.is_number_unsigned() && value.get<std::uint64_t>() > std::numeric_limits<int>::max())
        nonsense();
    const auto h = value.get<std::int64_t>();
    if (h < least)
        nonsense();
    return static_cast<int>(h);
}

// Answers nest at most four levels deep. A repeated member is an error, because programs differ in which one they use.
json parse(std::string_view body)
{
    std::vector<std::vector<std::string>> members;
    const auto watch = [&members](int depth, json::parse_event_t event, json& value) {
        switch (event) {
        case json::parse_event_t::object_start:
        case json::parse_event_t::array_start:
            if (depth > 4)
                nonsense();
            members.emplace_back();
            break;
        case json::parse_event_t::object_end:
        case json::parse_event_t::array_end:
            members.pop_back();
            break;
        case json::parse_event_t::key: {
            const auto& name = value.get_ref<const std::string&>();
            auto& known = members.back();
            if (known.size() == 8 || std::find(known.begin(), known.end(), name) != known.end())
                nonsense();
            known.push_back(name);
            break;
        }
        case json::parse_event_t::value:
            break;
        }
        return true;
    };
    try {
        return json::parse(body, watch);
    } catch (const json::exception&) {
        nonsense();
    }
}

// The result, if the call with this id succeeded.
json result(std::string_view body, int status, std::uint64_t id)
{
    json answer = parse(body);
    object(answer, {"result", "error", "id"});
    const json& error = answer["error"];
    if (!error.is_null()) {
        object(error, {"code", "message"});
        throw NoAnswer("smartpoold gave no answer: " + text(error["message"]));
    }
    if (status != 200)
        throw NoAnswer("HTTP status " + std::to_string(status) + " without an error");
    if (!answer["id"].is_number_unsigned() || answer["id"].get<std::uint64_t>() != id)
        throw NoAnswer("the answer belongs to another call");
    return std::move(answer["result"]);
}

Verdict verdict(const json& value, bool withTip)
{
    if (!value.is_object() || !value.contains("ok") || !value["ok"].is_boolean())
        nonsense();
    Verdict v;
    v.ok = value["ok"].get<bool>();
    if (v.ok && withTip)
        object(value, {"ok", "tip"});
    else if (v.ok)
        object(value, {"ok"});
    else if (withTip)
        object(value, {"ok", "reason", "detail", "tip"});
    else
        object(value, {"ok", "reason", "detail"});
    if (!v.ok) {
        v.reason = someText(value["reason"]);
        v.detail = someText(value["detail"]);
    }
    if (withTip)
        v.tip = hash(value["tip"]);
    return v;
}

Status statusOf(const std::string& name)
{
    if (name == "active")
        return Status::active;
    if (name == "paused")
        return Status::paused;
    if (name != "gone")
        nonsense();
    return Status::gone;
}

} // namespace

Tip readTip(std::string_view body, int status, std::uint64_t id)
{
    const json value = result(body, status, id);
    object(value, {"height", "hash", "digest", "locator"});
    Tip tip{height(value["height"], -1), hash(value["hash"]), hash(value["digest"]), {}};
    if (!value["locator"].is_array())
        nonsense();
    int above = tip.height;
    for (const json& x : value["locator"]) {
        object(x, {"height", "hash"});
        Point point{height(x["height"], 0), hash(x["hash"])};
        if (point.height >= above)
            nonsense();
        above = point.height;
        tip.locator.push_back(std::move(point));
    }
    if (above > 0) // it does not end at the genesis block
        nonsense();
    return tip;
}

Verdict readVerdict(std::string_view body, int status, std::uint64_t id) { return verdict(result(body, status, id), false); }

Verdict readLaunch(std::string_view body, int status, std::uint64_t id) { return verdict(result(body, status, id), true); }

Payouts readPayouts(std::string_view body, int status, std::uint64_t id)
{
    const json value = result(body, status, id);
    object(value, {"tip", "payouts"});
    Payouts payouts{hash(value["tip"]), {}};
    if (!value["payouts"].is_array())
        nonsense();
    for (const json& tx : value["payouts"])
        payouts.transactions.push_back(bytes(tx));
    return payouts;
}

SupernodeAt readSupernode(std::string_view body, int status, std::uint64_t id)
{
    const json value = result(body, status, id);
    object(value, {"tip", "supernode"});
    SupernodeAt at{hash(value["tip"]), std::nullopt};
    const json& sn = value["supernode"];
    if (!sn.is_null()) {
        object(sn, {"pool", "pastelid", "payee", "height", "status"});
        at.supernode = Supernode{someText(sn["pool"]), someText(sn["pastelid"]), bytes(sn["payee"]), height(sn["height"], 0),
                                 statusOf(text(sn["status"]))};
    }
    return at;
}

std::string toHex(const Bytes& bytes)
{
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    out.reserve(2 * bytes.size());
    for (const unsigned char b : bytes) {
        out += digits[b >> 4];
        out += digits[b & 15];
    }
    return out;
}

} // namespace smartpool
