// Part of smartpool. Copyright (c) 2026 The smartpool developers. MIT License, see LICENSE.
#include "client.h"

#include <fstream>

#include <nlohmann/json.hpp>

namespace smartpool {
namespace {

constexpr std::size_t kSmall = 64 << 10;    // bytes: for all answers except payouts
constexpr std::size_t kPayouts = 16 << 20;  // two full blocks in hex take half of it
constexpr std::size_t kMaxCookie = 1 << 10;
constexpr std::string_view kCookieUser = "__cookie__:";

// quote encodes a parameter as JSON. It replaces what is not UTF-8: that came from the network, and the rules refuse it.
std::string quote(const std::string& text) { return nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace); }

} // namespace

Client::Client(Config config) : config_(std::move(config)), connection_(config_.address, config_.stopping) {}

template <typename Answer>
Answer Client::call(const char* method, const std::string& params, std::chrono::milliseconds limit, std::size_t maxAnswer,
                    Answer (*read)(std::string_view, int, std::uint64_t))
{
    const auto deadline = Clock::now() + limit;
    try {
        const std::unique_lock<std::timed_mutex> turn(turn_, deadline);
        if (!turn)
            throw NoAnswer("another thread is still waiting for an answer");
        const std::uint64_t id = ++lastId_;
        const std::string body =
            std::string("{\"method\":\"") + method + "\",\"params\":[" + params + "],\"id\":" + std::to_string(id) + "}";
        const Response response = ask(body, maxAnswer, deadline);
        return read(response.body, response.status, id);
    } catch (const NoAnswer& e) {
        throw NoAnswer(std::string(method) + " at " + config_.address + ": " + e.what());
    }
}

// ask makes a call. If the cookie is refused, it reads it once more, because a restarted smartpoold has a new one.
Response Client::ask(const std::string& body, std::size_t maxAnswer, Clock::time_point deadline)
{
    const bool fresh = credentials_.empty();
    if (fresh)
        readCookie();
    Response response = connection_.exchange(request(body), maxAnswer, deadline);
    if (response.status == 401 && !fresh) {
        readCookie();
        response = connection_.exchange(request(body), maxAnswer, deadline);
    }
    if (response.status == 401) {
        credentials_.clear();
        throw NoAnswer("the password is wrong; does " + config_.cookie + " belong to the smartpoold at this address?");
    }
    return response;
}

std::string Client::request(const std::string& body) const
{
    return "POST / HTTP/1.1\r\nHost: " + config_.address + "\r\nAuthorization: Basic " + credentials_ +
           "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

void Client::readCookie()
{
    std::string text(kMaxCookie, '\0');
    std::ifstream file(config_.cookie, std::ios::binary);
    if (!file)
        throw NoAnswer("cannot read the cookie " + config_.cookie + "; is smartpoold running with --node-api?");
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
        text.pop_back();
    if (text.compare(0, kCookieUser.size(), kCookieUser) != 0 || text.size() == kCookieUser.size())
        throw NoAnswer(config_.cookie + " is not a cookie file of smartpoold");
    credentials_ = toBase64(text);
}

Tip Client::tip() { return call("smartpool_tip", "", config_.question, kSmall, readTip); }

Verdict Client::connectBlock(const Bytes& block)
{
    return call("smartpool_connectblock", '"' + toHex(block) + '"', config_.step, kSmall, readVerdict);
}

Verdict Client::disconnectBlock(const std::string& hash)
{
    return call("smartpool_disconnectblock", quote(hash), config_.step, kSmall, readVerdict);
}

Verdict Client::checkTransaction(const Bytes& tx, std::uint32_t time)
{
    return call("smartpool_checktx", '"' + toHex(tx) + "\"," + std::to_string(time), config_.question, kSmall, readVerdict);
}

Payouts Client::payouts() { return call("smartpool_payouts", "", config_.question, kPayouts, readPayouts); }

SupernodeAt Client::supernode(const std::string& activation)
{
    return call("smartpool_supernode", quote(activation), config_.question, kSmall, readSupernode);
}

Verdict Client::checkLaunch(const std::string& activation, const std::string& key, const std::string& time,
                            const std::string& signature)
{
    return call("smartpool_checklaunch", quote(activation) + ',' + quote(key) + ',' + quote(time) + ',' + quote(signature),
                config_.question, kSmall, readLaunch);
}

std::string toBase64(std::string_view bytes)
{
    static constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t n = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; k++)
            group = group << 8 | (k < n ? static_cast<unsigned char>(bytes[i + k]) : 0u);
        for (std::size_t k = 0; k < 4; k++)
            out += k <= n ? alphabet[group >> (18 - 6 * k) & 63] : '=';
    }
    return out;
}

} // namespace smartpool
