// Part of smartpool. Copyright (c) 2026 The smartpool developers. MIT License, see LICENSE.
#include "reconcile.h"

#include <algorithm>

namespace smartpool {
namespace {

// inReach throws WrongPairing if the rules would have to take back more blocks than they can.
void inReach(const Tip& tip, const Chain& chain)
{
    const auto common = std::find_if(tip.locator.begin(), tip.locator.end(),
                                     [&](const Point& p) { return chain.hash(p.height) == p.hash; });
    if (common == tip.locator.end())
        throw WrongPairing("smartpoold keeps another chain from its first block on; is it for another network? Use "
                           "one smartpoold per node");
    if (tip.height - common->height > kMaxReorg)
        throw WrongPairing("smartpoold keeps another chain: its block " + std::to_string(tip.height) + " is more than " +
                           std::to_string(kMaxReorg) + " blocks above the last common block. Use the database that "
                           "was kept for this node, or an empty one");
}

} // namespace

Refused reconcile(Client& rules, const Chain& chain)
{
    Tip tip = rules.tip();
    if (tip.height >= 0 && chain.hash(tip.height) != tip.hash)
        inReach(tip, chain);
    while (tip.height >= 0 && chain.hash(tip.height) != tip.hash) {
        const Verdict v = rules.disconnectBlock(tip.hash);
        if (!v.ok)
            throw NoAnswer("take back block " + std::to_string(tip.height) + " of the rules: " + v.detail);
        tip = rules.tip();
    }
    for (int h = tip.height + 1; h <= chain.height(); h++) {
        Verdict v = rules.connectBlock(chain.block(h));
        if (v.ok)
            continue;
        if (v.reason == kBadBlock)
            throw NoAnswer("connect block " + std::to_string(h) + " to the rules: " + v.detail);
        return {h, std::move(v)};
    }
    return {};
}

} // namespace smartpool
