// Part of smartpool. Copyright (c) 2026 The smartpool developers. MIT License, see LICENSE.
#include "hooks.h"

#include <atomic>
#include <limits>
#include <memory>

#include <accept_to_mempool.h>
#include <chain.h>
#include <chainparams.h>
#include <consensus/consensus.h>
#include <consensus/upgrades.h>
#include <consensus/validation.h>
#include <init.h>
#include <main.h>
#include <mining/miner.h>
#include <mining/mining-settings.h>
#include <mnode/mnode-controller.h>
#include <script_check.h>
#include <utils/streams.h>
#include <utils/util.h>
#include <version.h>

#include "reconcile.h"
#include "supernodes.h"

namespace smartpool {
namespace {

constexpr int kFlushEvery = 50; // connected blocks; the rules can take back 100

std::unique_ptr<Client> rules;
std::atomic<Supernodes*> supernodes{nullptr}; // with rules; lives as long as the process
std::atomic<bool> armed{false};
// cs_main guards the variables below.
bool unsure = false;  // an answer was lost: the rules may be one step ahead or behind
int unwritten = 0;    // blocks connected since the coins were last written
bool wentBack = false;

template <typename T>
Bytes serialized(const T& value)
{
    CDataStream stream(SER_NETWORK, PROTOCOL_VERSION);
    stream << value;
    return Bytes(stream.begin(), stream.end());
}

// ActiveChain is the node's chain; cs_main is held.
class ActiveChain : public Chain {
public:
    explicit ActiveChain(const CChainParams& params) : params_(params) {}
    int height() const override { return chainActive.Height(); }
    std::string hash(int h) const override
    {
        const CBlockIndex* index = h < 0 ? nullptr : chainActive[h];
        return index ? index->GetBlockHash().GetHex() : "";
    }
    Bytes block(int h) const override
    {
        CBlock block;
        if (!ReadBlockFromDisk(block, chainActive[h], params_.GetConsensus()))
            throw NoAnswer("block " + std::to_string(h) + " cannot be read from disk");
        return serialized(block);
    }

private:
    const CChainParams& params_;
};

// settle moves the rules to the node's tip. It marks a block that they refuse as invalid; the node then goes back to the block's parent,
// where the rules are.
void settle(const CChainParams& params)
{
    const Refused refused = reconcile(*rules, ActiveChain(params));
    unsure = false;
    if (refused.height < 0)
        return;
    LogPrintf("smartpool: block %d refused; going back to its parent: %s\n", refused.height, refused.verdict.detail);
    armed = false;
    CValidationState state(TxOrigin::UNKNOWN);
    const bool back = InvalidateBlock(state, params, chainActive[refused.height]);
    armed = true;
    if (!back)
        throw NoAnswer("go back to the parent of block " + std::to_string(refused.height));
}

// ask makes a step. Without an answer, it leaves an error in state that marks nothing, and the step is retried later.
template <typename Step>
bool ask(CValidationState& state, Step step)
{
    try {
        if (unsure)
            throw NoAnswer("node and rules are apart; retrying to reconcile them");
        const Verdict v = step();
        if (v.ok)
            return true;
        if (v.reason != kBadBlock)
            return state.DoS(100, error("smartpool: %s: %s", v.reason, v.detail), REJECT_INVALID, "smartpool-" + v.reason);
        unsure = true;
        LogPrintf("smartpool: %s\n", v.detail);
    } catch (const std::exception& e) {
        unsure = true;
        LogPrintf("smartpool: %s\n", e.what());
    }
    return state.Error("smartpool: no answer");
}

std::string tipHash()
{
    LOCK(cs_main);
    return chainActive.Tip() ? chainActive.Tip()->GetBlockHash().GetHex() : "";
}

std::optional<SupernodeAt> supernodeAt(const COutPoint& outpoint)
{
    Supernodes* const all = supernodes;
    return all ? all->at(outpoint.hash.GetHex(), tipHash()) : std::nullopt;
}

std::optional<Supernode> lastSupernode(const COutPoint& outpoint)
{
    Supernodes* const all = supernodes;
    return all ? all->last(outpoint.hash.GetHex()) : std::nullopt;
}

} // namespace

bool start(const CChainParams& params, std::string& error)
{
    const std::string address = GetArg("-smartpool", "");
    if (address.empty())
        return true;
    try {
        Client::Config config;
        config.address = address;
        config.cookie = GetArg("-smartpoolcookie", "");
        config.stopping = [] { return IsShutdownRequested(); };
        rules = std::make_unique<Client>(config);
        supernodes = new Supernodes(*rules);
        LOCK(cs_main);
        armed = true;
        settle(params);
        return true;
    } catch (const std::exception& e) {
        error = std::string("smartpool: ") + e.what();
        armed = false;
        return false;
    }
}

void retry(const CChainParams& params)
{
    if (!armed)
        return;
    try {
        LOCK(cs_main);
        if (!unsure)
            return;
        settle(params);
        LogPrintf("smartpool: node and rules agree again at block %d\n", chainActive.Height());
    } catch (const WrongPairing& e) {
        LogPrintf("smartpool: %s\n", e.what());
        StartShutdown();
        return;
    } catch (const std::exception& e) {
        LogPrintf("smartpool: %s\n", e.what());
        return;
    }
    CValidationState state(TxOrigin::UNKNOWN);
    ActivateBestChain(state, params);
}

bool connectBlock(const CBlock& block, const CBlockIndex* index, CValidationState& state)
{
    if (!armed || chainActive.Contains(index)) // verifychain tests blocks that are connected
        return true;
    if (!ask(state, [&] { return rules->connectBlock(serialized(block)); }))
        return false;
    unwritten++;
    return true;
}

bool disconnectTip(const CBlockIndex* index, CValidationState& state)
{
    if (!armed)
        return true;
    wentBack = true;
    return ask(state, [&] { return rules->disconnectBlock(index->GetBlockHash().GetHex()); });
}

bool mustFlush()
{
    if (!armed || (unwritten < kFlushEvery && !wentBack))
        return false;
    unwritten = 0;
    wentBack = false;
    return true;
}

void addPayouts(CBlockTemplate& block, CCoinsViewCache& view, const CBlockIndex* parent, const CChainParams& params, std::uint64_t& size,
                int& sigOps)
{
    if (!armed)
        return;
    const Payouts due = rules->payouts();
    if (due.tip != parent->GetBlockHash().GetHex())
        throw NoAnswer("smartpool: the payouts are for another block");
    const int height = parent->nHeight + 1;
    const auto branch = CurrentEpochBranchId(height, params.GetConsensus());
    for (const Bytes& raw : due.transactions) {
        CDataStream stream(reinterpret_cast<const char*>(raw.data()), reinterpret_cast<const char*>(raw.data() + raw.size()), SER_NETWORK,
                           PROTOCOL_VERSION);
        CTransaction tx;
        stream >> tx;
        if (size + raw.size() >= gl_MiningSettings.getBlockMaxSize() || !IsFinalTx(tx, height, parent->GetMedianTimePast()) ||
            IsExpiredTx(tx, height) || !view.HaveInputs(tx))
            continue;
        const auto checks = GetLegacySigOpCount(tx) + GetP2SHSigOpCount(tx, view);
        PrecomputedTransactionData data(tx);
        CValidationState state(TxOrigin::MINED_BLOCK);
        if (sigOps + checks >= MAX_BLOCK_SIGOPS || !ContextualCheckInputs(tx, state, view, true, MANDATORY_SCRIPT_VERIFY_FLAGS, true, data,
                                                                           params.GetConsensus(), branch))
            continue;
        UpdateCoins(tx, view, height);
        block.block.vtx.push_back(tx);
        block.vTxFees.push_back(0);
        block.vTxSigOps.push_back(checks);
        size += raw.size();
        sigOps += checks;
    }
}

bool makeTemplate(const std::function<void()>& make)
{
    try {
        make();
        return true;
    } catch (const NoAnswer& e) {
        LogPrintf("smartpool: no template: %s\n", e.what());
        return false;
    }
}

bool isPooled(const COutPoint& outpoint)
{
    static const bool on = !GetArg("-smartpool", "").empty();
    return on && outpoint.n == std::numeric_limits<std::uint32_t>::max() && !outpoint.hash.IsNull();
}

bool isGone(const COutPoint& outpoint)
{
    const auto at = supernodeAt(outpoint);
    return at && (!at->supernode || at->supernode->status == Status::gone);
}

int collateralHeight(const COutPoint& outpoint)
{
    const auto at = supernodeAt(outpoint);
    const auto supernode = at ? at->supernode : lastSupernode(outpoint);
    return supernode && supernode->status != Status::gone ? supernode->height : -1;
}

bool identity(const COutPoint& outpoint, std::string& pastelID)
{
    const auto supernode = isPooled(outpoint) ? lastSupernode(outpoint) : std::nullopt;
    if (!supernode)
        return false;
    pastelID = supernode->pastelid;
    return true;
}

bool isPayable(const COutPoint& outpoint)
{
    if (!isPooled(outpoint))
        return true;
    const auto at = supernodeAt(outpoint);
    return at && at->supernode && at->supernode->status == Status::active;
}

CScript payee(const masternode_info_t& supernode)
{
    if (!isPooled(supernode.getOutPoint()))
        return GetScriptForDestination(supernode.pubKeyCollateralAddress.GetID());
    const auto last = lastSupernode(supernode.getOutPoint());
    return last ? CScript(last->payee.begin(), last->payee.end()) : CScript();
}

CTxDestination payeeAddress(const masternode_info_t& supernode)
{
    CTxDestination address;
    ExtractDestination(payee(supernode), address);
    return address;
}

bool mayLaunch(const CMasternodeBroadcast& announced, const CMasternode* present)
{
    const COutPoint& outpoint = announced.getOutPoint();
    if (!isPooled(outpoint))
        return true;
    const auto keyOf = [](const CPubKey& key) { return compressKey(Bytes(key.begin(), key.end())); };
    const std::string key = keyOf(announced.pubKeyMasternode);
    const auto launch = readExtra(announced.strExtraLayerCfg);
    // Keys and statements are public: only the machine's own signature shows that it announces itself.
    if (!launch || key.empty() || announced.pubKeyCollateralAddress != announced.pubKeyMasternode) {
        LogPrintf("smartpool: %s was announced without a launch statement\n", outpoint.ToStringShort());
        return false;
    }
    if (present) {
        const auto before = readExtra(present->strExtraLayerCfg);
        if (before && !replaces(*launch, key, *before, keyOf(present->pubKeyMasternode))) {
            LogPrintf("smartpool: %s has a later launch elsewhere\n", outpoint.ToStringShort());
            return false;
        }
    }
    Supernodes* const all = supernodes;
    const auto verdict = all ? all->launch(outpoint.hash.GetHex(), key, *launch, tipHash()) : std::nullopt;
    if (!verdict || !verdict->ok)
        LogPrintf("smartpool: launch of %s: %s\n", outpoint.ToStringShort(), verdict ? verdict->detail : "no answer");
    return verdict && verdict->ok;
}

} // namespace smartpool
