// Part of smartpool. Copyright (c) 2026 The smartpool developers. MIT License, see LICENSE.
#include "supernodes.h"

#include <nlohmann/json.hpp>

namespace smartpool {
namespace {

// Anyone may send announcements, so the number of answers kept per block is limited.
constexpr std::size_t kMaxKept = 10'000;

} // namespace

std::optional<Launch> readExtra(const std::string& extra)
{
    const auto all = nlohmann::json::parse(extra, nullptr, false);
    if (!all.is_object() || !all.contains("smartpool"))
        return std::nullopt;
    const auto& launch = all["smartpool"];
    if (!launch.is_object() || launch.size() != 2 || !launch.contains("time") || !launch.contains("signature") ||
        !launch["time"].is_string() || !launch["signature"].is_string())
        return std::nullopt;
    return Launch{launch["time"].get<std::string>(), launch["signature"].get<std::string>()};
}

std::string compressKey(const Bytes& key)
{
    if (key.size() == 33 && (key[0] == 2 || key[0] == 3))
        return toHex(key);
    if (key.size() != 65 || key[0] != 4)
        return "";
    Bytes compressed(key.begin(), key.begin() + 33);
    compressed[0] = static_cast<unsigned char>(2 + (key[64] & 1));
    return toHex(compressed);
}

bool replaces(const Launch& next, const std::string& nextKey, const Launch& present, const std::string& presentKey)
{
    return next.time > present.time || (next.time == present.time && nextKey == presentKey);
}

// ask treats an answer for another tip like no answer.
template <typename Answer>
std::optional<Answer> Supernodes::ask(const std::string& tip, const std::function<Answer()>& call)
{
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (failed_ && now_() < *failed_ + kPause)
            return std::nullopt;
    }
    try {
        Answer answer = call();
        const std::lock_guard<std::mutex> lock(mutex_);
        failed_.reset();
        if (answer.tip == tip)
            return answer;
    } catch (const NoAnswer&) {
        const std::lock_guard<std::mutex> lock(mutex_);
        failed_ = now_();
    }
    return std::nullopt;
}

std::optional<SupernodeAt> Supernodes::at(const std::string& activation, const std::string& tip)
{
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        const auto known = known_.find(activation);
        if (known != known_.end() && known->second.tip == tip)
            return known->second;
    }
    const auto answer = ask<SupernodeAt>(tip, [&] { return rules_.supernode(activation); });
    if (answer) {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (known_.size() >= kMaxKept) // Supernodes unknown to the rules are useless to last
            for (auto i = known_.begin(); i != known_.end();)
                i = i->second.supernode ? std::next(i) : known_.erase(i);
        known_.insert_or_assign(activation, *answer);
    }
    return answer;
}

std::optional<Supernode> Supernodes::last(const std::string& activation) const
{
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto known = known_.find(activation);
    return known == known_.end() ? std::nullopt : known->second.supernode;
}

std::optional<Verdict> Supernodes::launch(const std::string& activation, const std::string& key, const Launch& launch,
                                          const std::string& tip)
{
    const Question question{activation, key, launch.time, launch.signature};
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (launchesTip_ != tip || launches_.size() >= kMaxKept) {
            launches_.clear();
            launchesTip_ = tip;
        }
        const auto known = launches_.find(question);
        if (known != launches_.end())
            return known->second;
    }
    const auto answer = ask<Verdict>(tip, [&] { return rules_.checkLaunch(activation, key, launch.time, launch.signature); });
    if (answer) {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (launchesTip_ == tip)
            launches_.insert_or_assign(question, *answer);
    }
    return answer;
}

} // namespace smartpool
