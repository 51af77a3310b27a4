"""A text in the one style that has every construct of the language."""

SAMPLE = """\
# sample.npu -- every construct of the language.
import std.ops as o
import eyeriss

let e_mac = 1.0 pJ    # an energy
let e_bit = e_mac / 16 bit

## Read energy of an SRAM.
## Between two rows the fit is a power law.
table sram_read(size: data) : energy_per_data loglog {
    8 KiB   => 2.2 * e_bit
    128 KiB => 6.0 * e_bit
}

component sram(size: data, width: data = 64 bit) : memory {
    assert size >= 1 KiB, "below 1 KiB use `regfile`"
    assert size % (width * 2) == 0 bit

    read  = sram_read(size / 2)
    write = 1.1 * read
    area  = if size > 8 KiB then 0.011 mm2/KiB * size else -2^-3 * 1 mm2
}

arch machine(
    rows: int = 12,
    word: data = 16 bit,  # of every tensor
) {
    clock = 200 MHz

    memory dram : t.dram(width = 64 bit) {
        bandwidth = 1.6 GB/s
        holds     = [input, weight, output]
    }
    memory glb : t.sram(size = 108 KiB, width = 4 * word) {
        ports = [read = 1, write = 1]
        holds = [input, output, weight? <= 8 KiB, bias?]
    }

    array pe[x = 14, y = rows] {
        link bus   : t.wire(length = 1.5 mm) { multicast = [input, weight] }
        link chain : t.wire(length = 0.2 mm) {
            along = y
        }

        ## One tile, two memories.
        level spad {
            memory ifmap : t.regfile(size = 12 * word) { holds = [input] }
            memory psum  : t.regfile(size = 24 * word) { holds = [output] }
        }

        compute mac : t.mac()
    }
}

op conv(stride: int = 1, pad: int = 0) {
    dims n, m, c, p, r
    left as input
    output[n, m, p] += weight[m, c, r]
        * left[n, c, stride*p + r - pad]
}

op copy {
    dims n
    output[n] = input[n]
}

network net(batch: int = 1) {
    tensor image[n = batch, c = 3, p = 55]

    layer first  = o.conv[m = 96, r = 11](stride = 4, left = image) repeat 2 * batch
    layer second = copy(first)
}

mapping flow for net.first on machine {
    dram   any [..., s]
    glb        [q <= 14, r = full, m, m = 4]
    pe.x       [p = 11]
    spad.m any [n]
    keep glb.weight
    bypass glb.bias
    require utilization(pe) >= 0.5 and not idle(pe), "half must work"
}

explore study {
    vary glb  in 27 KiB .. 432 KiB by *2
    vary rows in [6, 12, 24]
    vary cols in 7 .. 28 by 7
    run net(batch = 4) on machine(rows = rows) using flow
    require area <= 16 mm2
    minimize energy, latency
    maximize utilization
}
"""
