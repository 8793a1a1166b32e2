-- One operation on one partition: core/src/limit in Lua, held to it by a differential test.
-- KEYS[1] the partition, ARGV[1] the operation; the clock is the server's. One SET … PX, last, is the only write.
--
-- Each run makes its functions and tables anew, and that is most of its time. So there are few: an operation's own steps
-- stand under its verb, what is not needed is not read, and what repeats is packed and unpacked in one call.
local CLOCK_SLACK, MEMORY, RECENT_MAX, LOG_MAX, BINS, AGE_MAX = 600000, 1800000, 32, 96, 25, 4294967295
local LOG, BINNED, TIMES = 0, 1, 2
local FRESH, WRONG, USED = 0, 1, 2
local NOBODY = '\0\0\0\0\0\0\0\0'

local time = redis.call('TIME')
local clock = time[1] * 1000 + math.floor(time[2] / 1000)

local floor, max, min, format = math.floor, math.max, math.min, string.format
local pack, unpack_at = struct.pack, struct.unpack

---------------------------------------------------------------------------------------------------------- the line

-- Words come in the order in which the core writes them; hex has a fixed length, so it is found by its place.
local line = ARGV[1]
local verb = line:match('^%l+')
local op, rest = {}, nil

-- So many bytes, a multiple of four, from the hex at a place of the line.
local function bytes(at, size)
  if size == 4 then return pack('>I4', tonumber(line:sub(at, at + 7), 16)) end
  if size > 8 then return bytes(at, 8) .. bytes(at + 16, size - 8) end
  return pack('>I4I4', tonumber(line:sub(at, at + 7), 16), tonumber(line:sub(at + 8, at + 15), 16))
end

local function read_op()
  local _
  if verb == 'reserve' then
    op.lease, rest, op.rules = bytes(9, 8), 25, {}
    if line:find('^ idem=', rest) then op.idem, rest = bytes(31, 8), 47 end
    for i = 1, 64 do
      local _, to, series, form, limit, window, charge = line:find('^ (%d+):([lbt]):(%d+):(%d+):([sfg])', rest)
      if not to then break end
      form = form == 'l' and LOG or form == 'b' and BINNED or TIMES
      limit, window, rest = limit + 0, window + 0, to + 1
      if limit < 1 or window < 1 then error() end
      op.rules[i] = { series = series + 0, form = form, limit = limit, window = window, charge = charge }
    end
    if line:find('^ slot=', rest) then
      -- The slot's MACs stay as they are until they are needed.
      op.slot, op.tag = rest + 6, bytes(rest + 6, 8)
      _, rest, op.validity, op.lifetime, op.least, op.tries, op.max, op.kids =
        line:find('^:(%d+):(%d+):(%d+):(%d+):(%d+):()[%x,]+$', rest + 88)
      op.validity, op.lifetime, op.least = min(op.validity + 0, op.lifetime + 0), op.lifetime + 0, op.least + 0
      rest = rest + 1
    end
  elseif verb == 'release' then
    op.lease, op.level, op.series, rest = bytes(9, 8), tonumber(line:sub(26, 26)), {}, 27
    if op.level > 2 then error() end
    while true do
      local _, to, number, bin = line:find('^ (%d+):?(%d*)', rest)
      if not to then break end
      op.series[#op.series + 1] = { number = number + 0, bin = tonumber(bin) }
      rest = to + 1
    end
    if line:find('^ slot=', rest) then
      op.tag, op.nonce, rest = bytes(rest + 6, 8), bytes(rest + 23, 16), rest + 55
    end
  elseif verb == 'check' or verb == 'count' then
    op.attempt, op.tag = bytes(7, 4), bytes(16, 8)
    _, rest, op.series, op.window, op.keep = line:find('^ (%d+):(%d+):(%d+)', 32)
    op.series, op.window, op.keep, rest = op.series + 0, op.window + 0, op.keep + 0, rest + 1
    if verb == 'check' then return end
  elseif verb == 'consume' then
    op.attempt, op.tag, op.nonce, op.series = bytes(9, 4), bytes(18, 8), bytes(35, 16), tonumber(line:match('^ (%d+)$', 67))
    if op.series then return end
  end
  -- What is left over is no operation.
  if rest ~= #line + 1 then error() end
end

if not pcall(read_op) then return 'refused operation' end

---------------------------------------------------------------------------------------------------------- record

-- Ages are those of now. A series' entries are flat, oldest first: age, lease, level, age, lease, level …
-- A slot's `rest` is its kid, nonce and proof, its `flags` the state, 8 if fixed, and 16 for each resend.
local base, now, all, slots = 0, clock, {}, {}

local data = redis.call('GET', KEYS[1])

local function read()
  local version, count, at
  version, base, count, at = unpack_at('>BI6B', data)
  if version ~= 1 then error() end
  now = max(clock, base)
  local since = now - base
  for s = 1, count do
    local number, form, window, width, counts, head, entries
    number, form, window, count, at = unpack_at('>BBI4B', data, at)
    if form == BINNED then
      width = unpack_at('>I4', data, at - 1)
      counts = { unpack_at('>' .. ('I4'):rep(BINS) .. 'B', data, at + 3) }
      head, count, at = floor(base / width), counts[BINS + 1], at + BINS * 4 + 4
      if width == 0 then error() end
    elseif form > TIMES then
      error()
    end
    local from, skipped, idems, is_old = at, 0
    if form == TIMES then
      entries = {}
      local ages = { unpack_at('>' .. ('I4'):rep(count), data, from) }
      for i = 1, count do entries[i * 3 - 2], entries[i * 3 - 1], entries[i * 3] = ages[i], NOBODY, 0 end
      at = from + count * 4
    elseif count > 0 then
      entries = { unpack_at('>' .. ('I4c8B'):rep(count), data, from) }
      at, entries[count * 3 + 1] = from + count * 13, nil
    else
      entries = {}
    end
    for i = 1, count * 3, 3 do
      local age, flags = entries[i], entries[i + 2]
      if skipped > 0 then age, entries[i + 1], flags = unpack_at('>I4c8B', data, from + (i - 1) / 3 * 13 + skipped) end
      if flags > 3 then
        -- An idempotency tag follows, and moves all the others.
        local tag = from + (i + 2) / 3 * 13 + skipped
        idems = idems or {}
        idems[entries[i + 1]] = data:sub(tag, tag + 7)
        skipped, flags = skipped + 8, flags - 4
      end
      if skipped > 0 then entries[i + 2] = flags end
      if age > base or flags > 2 then error() end
      entries[i] = age + since
      is_old = is_old or age + since > AGE_MAX
    end
    at = at + skipped
    local it = { number = number, form = form, window = window, entries = entries }
    if form == BINNED then it.width, it.counts, it.head = width, counts, head end
    if idems then it.idems = idems end
    if is_old then it.is_old = true end
    all[s] = it
  end
  count, at = unpack_at('>B', data, at)
  for s = 1, count do
    local tag, rest, age, lifetime, left, flags, attempt
    tag, rest, age, lifetime, left, flags, attempt, at = unpack_at('>c8c36I4I3BBc4', data, at)
    if age > base or flags % 8 > USED then error() end
    slots[s] = { tag = tag, rest = rest, age = age + since, lifetime = lifetime, left = left, flags = flags, attempt = attempt }
  end
  if at ~= #data + 1 then error() end
end

if data then
  if #data > 0 and data:byte() > 1 then return 'refused version' end
  if not pcall(read) then return 'refused corrupt' end
  if base > clock + CLOCK_SLACK then return 'refused clock' end
end

local function find(number)
  for s = 1, #all do
    if all[s].number == number then return all[s] end
  end
end

local function add_bins(it, window)
  it.form, it.window, it.width, it.counts = BINNED, window, floor((window + 23) / 24), {}
  it.head = floor(now / it.width)
  for i = 1, BINS do it.counts[i] = 0 end
end

local function add_series(number, form, window)
  local it = { number = number, form = form, window = window, entries = {} }
  if form == BINNED then add_bins(it, window) end
  all[#all + 1] = it
  return it
end

local function add_entry(it, lease, level, idem)
  local entries, n = it.entries, #it.entries
  if n == 0 then
    it.entries = { 0, lease, level }
  else
    entries[n + 1], entries[n + 2], entries[n + 3] = 0, lease, level
  end
  if idem or it.idems then
    it.idems = it.idems or {}
    it.idems[lease] = idem
  end
end

local function remove_entry(it, at)
  local entries, n = it.entries, #it.entries
  for i = at, n - 3 do entries[i] = entries[i + 3] end
  entries[n], entries[n - 1], entries[n - 2] = nil, nil, nil
end

-- Keeps the entries that are younger than what their level tells.
local function retain(it, keep)
  local entries, n = it.entries, 0
  for i = 1, #entries, 3 do
    if entries[i] < keep[entries[i + 2]] then
      if n < i - 1 then entries[n + 1], entries[n + 2], entries[n + 3] = entries[i], entries[i + 1], entries[i + 2] end
      n = n + 3
    end
  end
  for i = #entries, n + 1, -1 do entries[i] = nil end
end

local function is_empty(it)
  if it.entries[1] then return false end
  for i = 1, it.counts and BINS or 0 do
    if it.counts[i] > 0 then return false end
  end
  return true
end

local function position(it, level)
  for i = 3, #it.entries, 3 do
    if it.entries[i] == level then return i - 2 end
  end
end

-- Remembers a recent lease of a binned series; false if every place is held by one given back lately.
local function remember(it, lease, level, idem)
  if #it.entries >= RECENT_MAX * 3 then
    local unreleased = position(it, 0)
    if not unreleased then return false end
    remove_entry(it, unreleased)
  end
  add_entry(it, lease, level, idem)
  return true
end

-- Moves the bins to now.
local function advance()
  for s = 1, #all do
    local it = all[s]
    if it.form == BINNED then
      local counts, by = it.counts, min(floor(now / it.width) - it.head, BINS)
      if by > 0 then
        for i = 1, BINS do counts[i] = i + by <= BINS and counts[i + by] or 0 end
        it.head = floor(now / it.width)
      end
    end
  end
end

local function remaining(slot) return max(slot.lifetime - slot.age, 0) end

-- What a reply says of a challenge.
local function tell(slot)
  local a, b, c, d, e = unpack_at('>I4I4I4I4I4', slot.rest)
  return format('slot=%d:%08x:%08x%08x%08x%08x:%.0f', floor(slot.flags / 16), a, b, c, d, e, remaining(slot))
end

local function find_slot(tag, nonce)
  for s = 1, #slots do
    local slot = slots[s]
    if slot.tag == tag and (not nonce or slot.rest:sub(5, 20) == nonce) then return slot end
  end
end

---------------------------------------------------------------------------------------------------------- operations

-- What changes nothing returns at once.
local reply

if verb == 'reserve' then
  local rules, lease = op.rules, op.lease

  -- How many places of a rule are taken, and how long until one is free: 0 if one is now.
  local function look(it, rule)
    local limit, window, taken = rule.limit, rule.window, 0
    if it.form == BINNED then
      -- A bin counts until its last millisecond is as old as the window.
      local counts, width, head = it.counts, it.width, it.head
      local first = max(floor((now + 1 - window) / width) - head + BINS, 1)
      for i = first, BINS do taken = taken + counts[i] end
      local surplus = taken - limit
      if surplus < 0 then return taken, 0 end
      for i = first, BINS do
        surplus = surplus - counts[i]
        if surplus < 0 then return taken, max((head - BINS + i + 1) * width - 1 + window - now, 1) end
      end
    end
    local entries, below = it.entries, rule.charge == 'f' and 2 or 1
    for i = 1, #entries, 3 do
      if entries[i] < window and entries[i + 2] < below then taken = taken + 1 end
    end
    local surplus = taken - limit
    if surplus < 0 then return taken, 0 end
    for i = 1, #entries, 3 do
      if entries[i] < window and entries[i + 2] < below then
        if surplus == 0 then return taken, window - entries[i] end
        surplus = surplus - 1
      end
    end
  end

  local function granted(told, again)
    local next_ms, bins, used = 0, '', ''
    for i = 1, #rules do
      local rule = rules[i]
      local it = find(rule.series)
      if it then
        local taken, wait = look(it, rule)
        if wait > next_ms then next_ms = wait end
        if it.form == BINNED then
          local bin = format(' bin=%.0f:', rule.series)
          if rule.charge ~= 'g' and not bins:find(bin, 1, true) then
            local age = 0
            for at = 2, again and #it.entries or 0, 3 do
              if it.entries[at] == lease then
                age = it.entries[at - 1]
                break
              end
            end
            bins = bins .. format('%s%.0f', bin, floor((now - age) / it.width))
          end
          used = used .. format(' used=%d:%.0f', i - 1, taken)
        end
      end
    end
    return format('granted %.0f%s%s%s', next_ms, bins, used, told)
  end

  -- Who asked before hears the same again: of its own challenge, or one whose code can be made again.
  if data and data:find(lease, 1, true) then
    for i = 1, #rules do
      local it = rules[i].charge ~= 'g' and find(rules[i].series)
      for at = 2, it and #it.entries or 0, 3 do
        if it.entries[at] == lease then
          for s = 1, op.slot and #slots or 0 do
            local slot = slots[s]
            local shared = slot.flags % 16 < 8 and op.least <= op.lifetime
            if slot.tag == op.tag and (shared or slot.rest:sub(5, 20) == bytes(op.slot + 17, 16)) then
              return granted(' ' .. tell(slot), true)
            end
          end
          return granted('', true)
        end
      end
    end
  end

  if op.idem and data and data:find(op.idem, 1, true) then
    for s = 1, #all do
      local it = all[s]
      local horizon = it.form == BINNED and MEMORY or it.window
      for i = 1, it.idems and #it.entries or 0, 3 do
        local age, level = it.entries[i], it.entries[i + 2]
        if it.idems[it.entries[i + 1]] == op.idem and level == 0 and age < horizon then
          local slot = op.slot and find_slot(op.tag)
          return format('replayed %.0f %.0f', age, slot and remaining(slot) or 0)
        end
      end
    end
  end

  if data then
    local longest, which = 0
    for i = 1, #rules do
      local it = find(rules[i].series)
      if it then
        local _, wait = look(it, rules[i])
        if wait > longest then longest, which = wait, i - 1 end
      end
    end
    if which then return format('denied %d %.0f', which, longest) end
  end

  local told = ''
  if op.slot then
    local live, others, ours, spent, first = {}, {}, nil, nil, nil
    for s = 1, #slots do
      local slot = slots[s]
      if slot.age < slot.lifetime then
        live[#live + 1] = slot
        if slot.tag == op.tag then
          ours = ours or slot
        else
          others[#others + 1] = slot
          if slot.flags % 8 == USED then spent = spent or #others end
          first = min(first or remaining(slot), remaining(slot))
        end
      end
    end
    -- A live challenge of the same purpose and session is sent again, if its code can be made and lives long enough.
    local lifetime = ours and min(ours.age + op.validity, op.lifetime)
    if
      ours
      and ours.flags % 16 < USED
      and ours.left > 0
      and line:find(format('%08x', (unpack_at('>I4', ours.rest))), op.kids, true)
      and max(lifetime - ours.age, 0) >= op.least
    then
      ours.lifetime = max(ours.lifetime, lifetime)
      if ours.flags < 240 then ours.flags = ours.flags + 16 end
      slots, told = live, ' ' .. tell(ours)
    else
      if #others >= max(op.max + 0, 1) then
        if not spent then return format('full %.0f', first) end
        table.remove(others, spent)
      end
      local at, kid = op.slot, op.kids
      others[#others + 1] = { tag = op.tag, rest = bytes(kid, 4) .. bytes(at + 17, 16) .. bytes(at + 50, 16), age = 0,
        lifetime = op.validity, left = op.tries, flags = op.least > op.lifetime and 8 or 0, attempt = '\0\0\0\0' }
      slots = others
      told = format(' slot=0:%s:%s:%.0f', line:sub(kid, kid + 7), line:sub(at + 17, at + 48), op.validity)
    end
  end

  advance()
  if data then
    local left = {}
    for s = 1, #all do
      local it, firm = all[s], 0
      for i = 1, #rules do
        if rules[i].series == it.number and rules[i].charge == 'f' then firm = max(firm, rules[i].window) end
      end
      local window = it.form == BINNED and MEMORY or it.window
      retain(it, { [0] = window, min(max(MEMORY, firm), window), min(MEMORY, window) })
      while it.form == LOG and #it.entries >= LOG_MAX * 3 do
        local given = position(it, 2) or position(it, 1)
        if not given then break end
        remove_entry(it, given)
      end
      if it.form == BINNED then
        local gone = floor((now + 1 - it.window) / it.width) - it.head + BINS - 1
        for i = 1, min(gone, BINS) do it.counts[i] = 0 end
      end
      if not is_empty(it) then left[#left + 1] = it end
    end
    all = left
  end

  for i = 1, #rules do
    local rule, due = rules[i], rules[i].charge ~= 'g'
    for j = 1, i - 1 do due = due and (rules[j].series ~= rule.series or rules[j].charge == 'g') end
    if due then
      local it = find(rule.series) or add_series(rule.series, rule.form, rule.window)
      for j = 1, #rules do
        -- The series takes to the rule's form and window, and never counts less than before.
        local form, window = rules[j].form, rules[j].window
        if rules[j].series ~= rule.series then
          -- another's
        elseif form == BINNED and (it.form ~= BINNED or window ~= it.window) or it.form == BINNED and window > it.window then
          local taken = look(it, { limit = math.huge, window = it.window, charge = 'f' })
          add_bins(it, window)
          it.counts[BINS] = taken
          retain(it, { [0] = MEMORY, MEMORY, MEMORY })
          while #it.entries > RECENT_MAX * 3 do remove_entry(it, 1) end
        else
          it.window = max(it.window, window)
        end
      end
      if it.form == BINNED then
        it.counts[BINS] = it.counts[BINS] + 1
        remember(it, lease, 0, op.idem)
      else
        add_entry(it, lease, 0, op.idem)
      end
    end
  end
  reply = granted(told)
elseif verb == 'release' then
  advance()
  local lease, level = op.lease, op.level
  for _, back in ipairs(op.series) do
    local it, found = find(back.number) or add_series(back.number, LOG, MEMORY), nil
    local function give_back(bin)
      local at = BINS - it.head + bin
      if at >= 1 and at <= BINS then it.counts[at] = max(it.counts[at] - 1, 0) end
    end
    local entries = it.entries
    for at = 1, #entries, 3 do
      if entries[at + 1] == lease then
        found = at
        break
      end
    end
    if found then
      if it.form == BINNED and entries[found + 2] == 0 and level > 0 then
        give_back(floor((now - entries[found]) / it.width))
      end
      entries[found + 2] = max(entries[found + 2], level)
      if it.idems then it.idems[lease] = nil end
    elseif level > 0 and it.form == BINNED then
      if back.bin then
        retain(it, { [0] = MEMORY, MEMORY, MEMORY })
        if remember(it, lease, level) then give_back(back.bin) end
      end
    elseif level == 2 and it.form == LOG and #entries < LOG_MAX * 3 then
      add_entry(it, lease, level)
    end
  end
  if op.tag then
    local left = {}
    for s = 1, #slots do
      local slot = slots[s]
      local unsent = slot.flags % 8 == FRESH and slot.flags < 16
      if slot.tag ~= op.tag or slot.rest:sub(5, 20) ~= op.nonce or not unsent then left[#left + 1] = slot end
    end
    slots = left
  end
  reply = 'released'
elseif verb == 'consume' then
  -- Spends the challenge that a try was counted on, which may have ended since, and takes that try off the wrong ones.
  local slot = find_slot(op.tag, op.nonce)
  local state = slot and slot.flags % 8
  if state == USED and slot.attempt == op.attempt then return 'matched' end
  if state ~= WRONG then return 'gone' end
  slot.flags, slot.attempt = slot.flags - WRONG + USED, op.attempt
  for s = 1, #all do
    local it = all[s]
    if it.number == op.series and it.form == TIMES then
      if it.entries[1] then remove_entry(it, #it.entries - 2) end
      break
    end
  end
  reply = 'matched'
else
  local slot
  for s = 1, #slots do
    if slots[s].tag == op.tag and slots[s].age < slots[s].lifetime then
      slot = slots[s]
      break
    end
  end
  if not slot then return 'gone' end
  local counts, right = verb == 'count', false
  if not counts then
    local proof = line:find(format(' %08x:', (unpack_at('>I4', slot.rest))), rest, true)
    if not proof then return 'gone' end
    right = bytes(proof + 10, 16) == slot.rest:sub(21)
  end
  local state, again = slot.flags % 8, slot.attempt == op.attempt
  if state == USED then return again and right and 'matched' or 'gone' end
  -- The same attempt hears the same again, whatever it brings.
  again = again and state == WRONG
  right = right and not again
  if not again then
    if slot.left == 0 then return format('locked %.0f', remaining(slot)) end
    slot.left, slot.attempt = slot.left - 1, op.attempt
    slot.flags = slot.flags - state + (right and USED or WRONG)
    if not right and op.keep > 0 then
      local it = find(op.series) or add_series(op.series, TIMES, op.window)
      it.window = max(it.window, op.window)
      add_entry(it, NOBODY, 0)
      retain(it, { [0] = it.window, it.window, it.window })
      while #it.entries > op.keep * 3 do remove_entry(it, 1) end
    end
  end
  if right then
    reply = 'matched'
  elseif counts then
    reply = format('counted %d %s', slot.left, tell(slot))
  else
    reply = format('wrong %d %.0f', slot.left, remaining(slot))
  end
  if again then return reply end
end

---------------------------------------------------------------------------------------------------------- what is kept

advance()
local longest, out = 0, pack('>BI6B', 1, now, #all)
for s = 1, #all do
  local it = all[s]
  local entries = it.entries
  local count = #entries / 3
  if not is_empty(it) then longest = max(longest, it.window + (it.width or 0)) end
  for i = 1, it.is_old and #entries or 0, 3 do entries[i] = min(entries[i], AGE_MAX) end
  if it.form == BINNED then
    it.counts[BINS + 1] = count
    out = out .. pack('>BBI4I4' .. ('I4'):rep(BINS) .. 'B', it.number, BINNED, it.window, it.width, unpack(it.counts))
  else
    out = out .. pack('>BBI4B', it.number, it.form, it.window, count)
  end
  if it.form == TIMES then
    for i = 1, #entries, 3 do out = out .. pack('>I4', entries[i]) end
  elseif it.idems then
    for i = 1, #entries, 3 do
      local idem = it.idems[entries[i + 1]]
      out = out .. pack('>I4c8B', entries[i], entries[i + 1], entries[i + 2] + (idem and 4 or 0)) .. (idem or '')
    end
  else
    out = out .. pack('>' .. ('I4c8B'):rep(count), unpack(entries))
  end
end
out = out .. string.char(#slots)
for s = 1, #slots do
  local slot = slots[s]
  longest = max(longest, remaining(slot))
  out = out .. pack('>c8c36I4I3BBc4', slot.tag, slot.rest, min(slot.age, AGE_MAX), slot.lifetime, slot.left, slot.flags, slot.attempt)
end
local ttl = max(longest + now - clock, 1)
if data then ttl = max(ttl, redis.call('PTTL', KEYS[1])) end
redis.call('SET', KEYS[1], out, 'PX', format('%.0f', ttl))
return reply
