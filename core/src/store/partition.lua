-- One operation on one partition: core/src/limit in Lua, held to it by a differential test.
-- KEYS[1] the partition, ARGV[1] the operation; the clock is the server's. One SET … PX, last, is the only write.
local CLOCK_SLACK, MEMORY, RECENT_MAX, LOG_MAX, BINS = 600000, 1800000, 32, 96, 25
local LOG, BINNED, TIMES = 0, 1, 2
local FRESH, WRONG, USED = 0, 1, 2

local time = redis.call('TIME')
local clock = time[1] * 1000 + math.floor(time[2] / 1000)

local floor, max, min = math.floor, math.max, math.min
local pack, unpack_at = struct.pack, struct.unpack

local function text(number) return string.format('%.0f', number) end

-- Every MAC, lease and nonce is a multiple of four bytes.
local function bytes(hex)
  local out = {}
  for at = 1, #hex, 8 do out[#out + 1] = pack('>I4', tonumber(hex:sub(at, at + 7), 16)) end
  return table.concat(out)
end

local function hex(raw)
  local out = {}
  for at = 1, #raw, 4 do out[#out + 1] = string.format('%08x', (unpack_at('>I4', raw, at))) end
  return table.concat(out)
end

local function split(line, by)
  local parts = {}
  for part in line:gmatch('[^' .. by .. ']+') do parts[#parts + 1] = part end
  return parts
end

-- Keeps the items that `keep` accepts, in order.
local function retain(items, keep)
  local kept = {}
  for _, item in ipairs(items) do
    if keep(item) then kept[#kept + 1] = item end
  end
  return kept
end

---------------------------------------------------------------------------------------------------------- record

local function read(data)
  local at = 1
  local function take(format)
    local value
    value, at = unpack_at(format, data, at)
    return value
  end
  local function check(fine) if not fine then error('corrupt') end end
  local version = take('>B')
  if version > 1 then return nil, 'version' end
  check(version == 1)
  local record = { base = take('>I6'), series = {}, slots = {} }
  local function instant()
    local age = take('>I4')
    check(age <= record.base)
    return record.base - age
  end
  for s = 1, take('>B') do
    local series = { number = take('>B'), form = take('>B'), window = take('>I4'), width = 0, counts = {}, entries = {} }
    check(series.form <= 2)
    if series.form == BINNED then
      series.width = take('>I4')
      check(series.width > 0)
      for i = 1, BINS do series.counts[i] = take('>I4') end
    end
    for e = 1, take('>B') do
      local entry = { at = instant(), level = 0 }
      if series.form ~= TIMES then
        entry.lease = take('>c8')
        local flags = take('>B')
        check(flags < 8 and flags % 4 < 3)
        entry.level = flags % 4
        if flags >= 4 then entry.idem = take('>c8') end
      end
      series.entries[e] = entry
    end
    record.series[s] = series
  end
  for s = 1, take('>B') do
    local slot = { tag = take('>c8'), kid = take('>c4'), nonce = take('>c16'), proof = take('>c16') }
    slot.created, slot.lifetime, slot.left = instant(), take('>I3'), take('>B')
    local flags = take('>B')
    slot.state, slot.round, slot.attempt = flags % 8, floor(flags / 16), take('>c4')
    slot.fixed = flags % 16 >= 8
    check(slot.state <= 2)
    record.slots[s] = slot
  end
  check(at == #data + 1)
  return record
end

local function write(record)
  local out = { pack('>BI6B', 1, record.base, #record.series) }
  local function add(...) out[#out + 1] = pack(...) end
  local function age(at) return min(record.base - at, 4294967295) end
  for _, series in ipairs(record.series) do
    add('>BBI4', series.number, series.form, series.window)
    if series.form == BINNED then
      add('>I4', series.width)
      for i = 1, BINS do add('>I4', series.counts[i]) end
    end
    add('>B', #series.entries)
    for _, entry in ipairs(series.entries) do
      if series.form == TIMES then
        add('>I4', age(entry.at))
      elseif entry.idem then
        add('>I4c8Bc8', age(entry.at), entry.lease, entry.level + 4, entry.idem)
      else
        add('>I4c8B', age(entry.at), entry.lease, entry.level)
      end
    end
  end
  add('>B', #record.slots)
  for _, slot in ipairs(record.slots) do
    add('>c8c4c16c16I4I3BBc4', slot.tag, slot.kid, slot.nonce, slot.proof, age(slot.created), slot.lifetime, slot.left,
      slot.state + (slot.fixed and 8 or 0) + slot.round * 16, slot.attempt)
  end
  return table.concat(out)
end

---------------------------------------------------------------------------------------------------------- series

local function new_series(number, form, window)
  local series = { number = number, form = form, window = window, width = 0, counts = {}, entries = {} }
  if form == BINNED then
    series.width = floor((window + 23) / 24)
    for i = 1, BINS do series.counts[i] = 0 end
  end
  return series
end

local function index(series, at) return floor(at / max(series.width, 1)) end

local function is_empty(series)
  if #series.entries > 0 then return false end
  for _, count in ipairs(series.counts) do
    if count > 0 then return false end
  end
  return true
end

-- Calls `visit` for what takes places of a rule, oldest first, until it returns true: an entry takes one, a bin that
-- the window up to `now` touches its count. It hears how many, and when they leave.
local function each_taken(series, rule, base, now, visit)
  local window = rule.window
  if series.form == BINNED then
    local head, width = index(series, base), series.width
    for i, count in ipairs(series.counts) do
      local leaves = (head - (BINS - i) + 1) * width - 1 + window
      if leaves > now and head >= BINS - i and visit(count, leaves) then return end
    end
    return
  end
  local below = rule.charge == 'f' and 2 or 1
  for _, entry in ipairs(series.entries) do
    if entry.level < below and now - entry.at < window and visit(1, entry.at + window) then return end
  end
end

local function count(series, rule, base, now)
  local sum = 0
  each_taken(series, rule, base, now, function(places) sum = sum + places end)
  return sum
end

-- How long until a rule has a place, 0 if it has one now.
local function wait(series, rule, base, now)
  local surplus = count(series, rule, base, now) - rule.limit
  if surplus < 0 then return 0 end
  local gone, until_then = 0, now
  each_taken(series, rule, base, now, function(places, leaves)
    gone, until_then = gone + places, leaves
    return gone > surplus
  end)
  return max(until_then - now, 1)
end

local function position(series, level)
  for i, entry in ipairs(series.entries) do
    if entry.level == level then return i end
  end
end

-- Remembers a recent lease of a binned series; false if every place is held by one given back lately.
local function remember(series, entry, now)
  series.entries = retain(series.entries, function(old) return now - old.at < MEMORY end)
  if #series.entries >= RECENT_MAX then
    local unreleased = position(series, 0)
    if not unreleased then return false end
    table.remove(series.entries, unreleased)
  end
  series.entries[#series.entries + 1] = entry
  return true
end

local function give_back(series, bin, now)
  local at = BINS - (index(series, now) - bin)
  if at >= 1 and at <= BINS then series.counts[at] = max(series.counts[at] - 1, 0) end
end

-- Brings the series to a rule's form and window, never counting less than before.
local function fit(series, form, window, now)
  local rebin
  if series.form == BINNED then
    rebin = form == BINNED and window ~= series.window or window > series.window
  else
    rebin = form == BINNED
  end
  if not rebin then
    series.window = max(series.window, window)
    return
  end
  local whole = { limit = 1, window = series.window, charge = 'f' }
  local sum = count(series, whole, now, now)
  local binned = new_series(series.number, BINNED, window)
  series.form, series.window, series.width, series.counts = BINNED, window, binned.width, binned.counts
  series.counts[BINS] = sum
  while #series.entries > RECENT_MAX do table.remove(series.entries, 1) end
end

local function give(series, op, bin, now)
  for _, entry in ipairs(series.entries) do
    if entry.lease == op.lease then
      if series.form == BINNED and entry.level == 0 and op.level > 0 then
        give_back(series, index(series, entry.at), now)
      end
      entry.level, entry.idem = max(entry.level, op.level), nil
      return
    end
  end
  if op.level == 0 then return end
  local entry = { at = now, lease = op.lease, level = op.level }
  if series.form == BINNED then
    if bin and remember(series, entry, now) then give_back(series, bin, now) end
  elseif series.form == LOG and op.level == 2 and #series.entries < LOG_MAX then
    series.entries[#series.entries + 1] = entry
  end
end

local function prune(series, firm, now)
  local window = series.form == BINNED and MEMORY or series.window
  local keep = { [0] = window, min(max(MEMORY, firm), window), min(MEMORY, window) }
  series.entries = retain(series.entries, function(entry) return now - entry.at < keep[entry.level] end)
  while series.form == LOG and #series.entries >= LOG_MAX do
    local at = position(series, 2) or position(series, 1)
    if not at then break end
    table.remove(series.entries, at)
  end
  local head = index(series, now)
  for i = 1, #series.counts do
    local last = max(head - (BINS - i), 0) * series.width + series.width - 1
    if last + series.window <= now then series.counts[i] = 0 end
  end
end

---------------------------------------------------------------------------------------------------------- record, whole

local function find(record, number)
  for _, series in ipairs(record.series) do
    if series.number == number then return series end
  end
end

-- Moves the record's last write to `now`, and the bins with it.
local function advance(record, now)
  for _, series in ipairs(record.series) do
    if series.width > 0 then
      local by = min(index(series, now) - index(series, record.base), BINS)
      if by > 0 then
        for i = 1, BINS do series.counts[i] = series.counts[i + by] or 0 end
      end
    end
  end
  record.base = now
end

local function ends(slot) return slot.created + slot.lifetime end
local function remaining(slot, now) return max(ends(slot) - now, 0) end

-- What a reply says of a challenge.
local function tell(slot, now)
  return 'slot=' .. text(slot.round) .. ':' .. hex(slot.kid) .. ':' .. hex(slot.nonce) .. ':' .. text(remaining(slot, now))
end

local function find_slot(record, tag, nonce)
  for _, slot in ipairs(record.slots) do
    if slot.tag == tag and slot.nonce == (nonce or slot.nonce) then return slot end
  end
end

-- The challenge that a repeated lease hears of: its own, or one whose code can be made again.
local function find_ours(record, op)
  for _, slot in ipairs(record.slots) do
    local shared = not slot.fixed and op.least <= op.lifetime
    if slot.tag == op.tag and (slot.nonce == op.nonce or shared) then return slot end
  end
end

-- How long the record can still matter.
local function keep_for(record, now)
  local longest = 0
  for _, series in ipairs(record.series) do
    if not is_empty(series) then longest = max(longest, series.window + series.width) end
  end
  for _, slot in ipairs(record.slots) do longest = max(longest, remaining(slot, now)) end
  return longest
end

local function wait_for(record, rule, now)
  local series = find(record, rule.series)
  return series and wait(series, rule, record.base, now) or 0
end

local function granted(record, op, slot, now)
  local next_ms, out, charged = 0, {}, {}
  for i, rule in ipairs(op.rules) do
    next_ms = max(next_ms, wait_for(record, rule, now))
    local series = find(record, rule.series)
    if series and series.form == BINNED and rule.charge ~= 'g' and not charged[rule.series] then
      charged[rule.series] = true
      local when = now
      for _, entry in ipairs(series.entries) do
        if entry.lease == op.lease then
          when = entry.at
          break
        end
      end
      out[#out + 1] = 'bin=' .. text(rule.series) .. ':' .. text(index(series, when))
    end
  end
  for i, rule in ipairs(op.rules) do
    local series = find(record, rule.series)
    if series and series.form == BINNED then
      out[#out + 1] = 'used=' .. text(i - 1) .. ':' .. text(count(series, rule, record.base, now))
    end
  end
  if slot then
    out[#out + 1] = tell(slot, now)
  end
  return table.concat({ 'granted ' .. text(next_ms), unpack(out) }, ' ')
end

-- Stores a new challenge, or finds the live one of the same purpose and session again.
local function put_slot(record, op, now)
  record.slots = retain(record.slots, function(slot) return now < ends(slot) end)
  local validity = min(op.validity, op.lifetime)
  local slot = find_slot(record, op.tag)
  if slot then
    local to = min(now + validity, slot.created + op.lifetime)
    if slot.state ~= USED and slot.left > 0 and op.kids[slot.kid] and to - now >= op.least and not slot.fixed then
      slot.lifetime = max(slot.lifetime, to - slot.created)
      slot.round = min(slot.round + 1, 15)
      return slot
    end
  end
  record.slots = retain(record.slots, function(other) return other.tag ~= op.tag end)
  if #record.slots >= max(op.max, 1) then
    local spent, first
    for i, other in ipairs(record.slots) do
      if other.state == USED then
        spent = i
        break
      end
      first = min(first or remaining(other, now), remaining(other, now))
    end
    if not spent then return nil, first end
    table.remove(record.slots, spent)
  end
  slot = { tag = op.tag, kid = op.kid, nonce = op.nonce, proof = op.proof, created = now, lifetime = validity,
    left = op.tries, state = FRESH, round = 0, attempt = '\0\0\0\0', fixed = op.least > op.lifetime }
  record.slots[#record.slots + 1] = slot
  return slot
end

---------------------------------------------------------------------------------------------------------- operations

-- Each returns the reply, and whether the record changed.

local function reserve(record, op, now)
  for _, rule in ipairs(op.rules) do
    local series = rule.charge ~= 'g' and find(record, rule.series)
    for _, entry in ipairs(series and series.entries or {}) do
      if entry.lease == op.lease then
        return granted(record, op, op.slot and find_ours(record, op.slot), now)
      end
    end
  end
  for _, series in ipairs(op.idem and record.series or {}) do
    for _, entry in ipairs(series.entries) do
      local horizon = series.form == BINNED and MEMORY or series.window
      if entry.idem == op.idem and entry.level == 0 and now - entry.at < horizon then
        local slot = op.slot and find_slot(record, op.slot.tag)
        return 'replayed ' .. text(now - entry.at) .. ' ' .. text(slot and remaining(slot, now) or 0)
      end
    end
  end
  local longest, which = 0
  for i, rule in ipairs(op.rules) do
    local waits = wait_for(record, rule, now)
    if waits > longest then longest, which = waits, i - 1 end
  end
  if which then return 'denied ' .. text(which) .. ' ' .. text(longest) end
  local slot
  if op.slot then
    local retry
    slot, retry = put_slot(record, op.slot, now)
    if not slot then return 'full ' .. text(retry) end
  end
  advance(record, now)
  for _, series in ipairs(record.series) do
    local firm = 0
    for _, rule in ipairs(op.rules) do
      if rule.series == series.number and rule.charge == 'f' then firm = max(firm, rule.window) end
    end
    prune(series, firm, now)
  end
  record.series = retain(record.series, function(series) return not is_empty(series) end)
  local charged = {}
  for _, rule in ipairs(op.rules) do
    if rule.charge ~= 'g' and not charged[rule.series] then
      charged[rule.series] = true
      local series = find(record, rule.series)
      if not series then
        series = new_series(rule.series, rule.form, rule.window)
        record.series[#record.series + 1] = series
      end
      for _, other in ipairs(op.rules) do
        if other.series == rule.series then fit(series, other.form, other.window, now) end
      end
      local entry = { at = now, lease = op.lease, level = 0, idem = op.idem }
      if series.form == BINNED then
        series.counts[BINS] = series.counts[BINS] + 1
        remember(series, entry, now)
      else
        series.entries[#series.entries + 1] = entry
      end
    end
  end
  return granted(record, op, slot, now), true
end

local function release(record, op, now)
  advance(record, now)
  for _, back in ipairs(op.series) do
    local series = find(record, back.number)
    if not series then
      series = new_series(back.number, LOG, MEMORY)
      record.series[#record.series + 1] = series
    end
    give(series, op, back.bin, now)
  end
  if op.tag then
    record.slots = retain(record.slots, function(slot)
      return slot.tag ~= op.tag or slot.nonce ~= op.nonce or slot.state ~= FRESH or slot.round > 0
    end)
  end
  return 'released', true
end

local function find_live(record, tag, now)
  for _, slot in ipairs(record.slots) do
    if slot.tag == tag and now < ends(slot) then return slot end
  end
end

local function note_wrong(record, op, now)
  advance(record, now)
  if op.keep == 0 then return end
  local series = find(record, op.series)
  if not series then
    series = new_series(op.series, TIMES, op.window)
    record.series[#record.series + 1] = series
  end
  series.window = max(series.window, op.window)
  series.entries[#series.entries + 1] = { at = now, lease = '\0\0\0\0\0\0\0\0', level = 0 }
  series.entries = retain(series.entries, function(entry) return now - entry.at < series.window end)
  while #series.entries > op.keep do table.remove(series.entries, 1) end
end

local function compare(record, op, now)
  local slot = find_live(record, op.tag, now)
  local proof = slot and op.proofs[slot.kid]
  if not proof then return 'gone' end
  local right, left = slot.proof == proof, text(remaining(slot, now))
  if slot.state == USED then
    return slot.attempt == op.attempt and right and 'matched' or 'gone'
  elseif slot.state == WRONG and slot.attempt == op.attempt then
    return 'wrong ' .. text(slot.left) .. ' ' .. left
  elseif slot.left == 0 then
    return 'locked ' .. left
  end
  slot.left, slot.attempt, slot.state = slot.left - 1, op.attempt, right and USED or WRONG
  if right then return 'matched', true end
  note_wrong(record, op, now)
  return 'wrong ' .. text(slot.left) .. ' ' .. left, true
end

-- A try whose code the provider compares.
local function count_try(record, op, now)
  local slot = find_live(record, op.tag, now)
  if not slot or slot.state == USED then return 'gone' end
  local again = slot.state == WRONG and slot.attempt == op.attempt
  if not again then
    if slot.left == 0 then return 'locked ' .. text(remaining(slot, now)) end
    slot.left, slot.attempt, slot.state = slot.left - 1, op.attempt, WRONG
    note_wrong(record, op, now)
  end
  return 'counted ' .. text(slot.left) .. ' ' .. tell(slot, now), not again
end

-- Spends the challenge that a try was counted on, which may have ended since, and takes that try off the wrong ones.
local function consume(record, op)
  local slot = find_slot(record, op.tag, op.nonce)
  if not slot or slot.state == FRESH then return 'gone' end
  if slot.state == USED then return slot.attempt == op.attempt and 'matched' or 'gone' end
  slot.state, slot.attempt = USED, op.attempt
  for _, series in ipairs(record.series) do
    if series.number == op.series and series.form == TIMES then
      table.remove(series.entries)
      break
    end
  end
  return 'matched', true
end

---------------------------------------------------------------------------------------------------------- the line

local FORMS = { l = LOG, b = BINNED, t = TIMES }

local function read_slot(word)
  local part = split(word, ':')
  local kids = split(part[9], ',')
  local slot = { tag = bytes(part[1]), nonce = bytes(part[2]), proof = bytes(part[3]), validity = tonumber(part[4]),
    lifetime = tonumber(part[5]), least = tonumber(part[6]), tries = tonumber(part[7]), max = tonumber(part[8]),
    kid = bytes(kids[1]), kids = {} }
  for _, kid in ipairs(kids) do slot.kids[bytes(kid)] = true end
  return slot
end

local function read_reserve(words)
  local op = { lease = bytes(words[2]), rules = {} }
  for i = 3, #words do
    local word = words[i]
    if word:sub(1, 5) == 'idem=' then
      op.idem = bytes(word:sub(6))
    elseif word:sub(1, 5) == 'slot=' then
      op.slot = read_slot(word:sub(6))
    else
      local part = split(word, ':')
      op.rules[#op.rules + 1] = { series = tonumber(part[1]), form = FORMS[part[2]], limit = tonumber(part[3]),
        window = tonumber(part[4]), charge = part[5] }
      local rule = op.rules[#op.rules]
      if not rule.form or rule.limit < 1 or rule.window < 1 then error('operation') end
    end
  end
  return op
end

local function read_release(words)
  local op = { lease = bytes(words[2]), level = tonumber(words[3]), series = {} }
  for i = 4, #words do
    local part = split(words[i]:gsub('^slot=', ''), ':')
    if words[i]:sub(1, 5) == 'slot=' then
      op.tag, op.nonce = bytes(part[1]), bytes(part[2])
    else
      op.series[#op.series + 1] = { number = tonumber(part[1]), bin = tonumber(part[2]) }
    end
  end
  return op
end

local function read_try(words)
  local part = split(words[4], ':')
  return { attempt = bytes(words[2]), tag = bytes(words[3]), series = tonumber(part[1]), window = tonumber(part[2]),
    keep = tonumber(part[3]) }
end

local function read_check(words)
  local op = read_try(words)
  op.proofs = {}
  for i = 5, #words do
    local pair = split(words[i], ':')
    op.proofs[bytes(pair[1])] = op.proofs[bytes(pair[1])] or bytes(pair[2])
  end
  return op
end

local function read_consume(words)
  local part = split(words[3], ':')
  return { attempt = bytes(words[2]), tag = bytes(part[1]), nonce = bytes(part[2]), series = tonumber(words[4]) }
end

local VERBS = {
  reserve = { read_reserve, reserve },
  release = { read_release, release },
  check = { read_check, compare },
  count = { read_try, count_try },
  consume = { read_consume, consume },
}

local words = split(ARGV[1], ' ')
local verb = VERBS[words[1]]
local readable, op = pcall(verb and verb[1] or error, words)
if not readable then return 'refused operation' end

local data = redis.call('GET', KEYS[1])
local record = { base = 0, series = {}, slots = {} }
if data then
  local fine, found, why = pcall(read, data)
  if not fine then return 'refused corrupt' end
  if not found then return 'refused ' .. why end
  record = found
end
if record.base > clock + CLOCK_SLACK then return 'refused clock' end
local now = max(clock, record.base)
local reply, changed = verb[2](record, op, now)
if changed then
  advance(record, now)
  local ttl = max(keep_for(record, now) + now - clock, 1)
  if data then ttl = max(ttl, redis.call('PTTL', KEYS[1])) end
  redis.call('SET', KEYS[1], write(record), 'PX', text(ttl))
end
return reply
