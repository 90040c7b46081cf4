//! Addresses of networks.

use super::{Context, Function, Result_, exactly, integer_at, number_at, row, text_at, wrong};
use crate::model::number;
use crate::model::value::Value;
use bigdecimal::ToPrimitive;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub(super) const FUNCTIONS: &[Function] = &[
    row(
        "cidrhost",
        "prefix, number",
        exactly(2),
        "An address of a network; negative numbers count from its end.",
        cidrhost,
    ),
    row(
        "cidrnetmask",
        "prefix",
        exactly(1),
        "The mask of an IPv4 network.",
        cidrnetmask,
    ),
    row(
        "cidrsubnet",
        "prefix, bits, number",
        exactly(3),
        "A network inside a network.",
        cidrsubnet,
    ),
    row(
        "cidrsubnets",
        "prefix, bits...",
        (1, None),
        "Networks one after the other inside a network.",
        cidrsubnets,
    ),
];

#[derive(Clone, Copy)]
struct Network {
    address: u128,
    prefix: u32,
    bits: u32,
}

impl Network {
    fn read(arguments: &[Value]) -> Result_<Network> {
        let text = text_at(arguments, 0)?;
        let parsed = text.split_once('/').and_then(|(address, prefix)| {
            Some((address.parse::<IpAddr>().ok()?, prefix.parse::<u32>().ok()?))
        });
        let Some((address, prefix)) = parsed else {
            return wrong(0, "this is no network, such as 10.0.0.0/16");
        };
        let (address, bits) = match address {
            IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
            IpAddr::V6(address) => (u128::from(address), 128),
        };
        if prefix > bits {
            return wrong(
                0,
                format!("the prefix of such an address is at most {bits}"),
            );
        }
        let network = Network {
            address,
            prefix,
            bits,
        };
        Ok(Network {
            address: address & !network.host_mask(),
            ..network
        })
    }

    fn host_mask(self) -> u128 {
        ones(self.bits - self.prefix)
    }

    fn show(self, address: u128) -> String {
        match u32::try_from(address) {
            Ok(short) if self.bits == 32 => Ipv4Addr::from(short).to_string(),
            Ok(_) | Err(_) => Ipv6Addr::from(address).to_string(),
        }
    }
}

fn ones(count: u32) -> u128 {
    if count >= 128 {
        u128::MAX
    } else {
        (1 << count) - 1
    }
}

fn cidrhost(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let network = Network::read(arguments)?;
    let wanted = number_at(arguments, 1)?;
    let size = network.host_mask();
    let offset = number::absolute(&wanted)
        .to_u128()
        .filter(|_| wanted.is_integer());
    let negative = number::sign(&wanted) < 0;
    let host = offset.and_then(|offset| {
        if negative {
            (size.checked_sub(offset))?.checked_add(1)
        } else {
            Some(offset)
        }
    });
    match host {
        Some(host) if host <= size => Ok(network.show(network.address | host).into()),
        Some(_) | None => wrong(
            1,
            format!("a network of /{} has no such address", network.prefix),
        ),
    }
}

fn cidrnetmask(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let network = Network::read(arguments)?;
    if network.bits != 32 {
        return wrong(0, "only IPv4 networks have masks");
    }
    Ok(network.show(ones(32) & !network.host_mask()).into())
}

fn subnet(network: Network, more: i64, at: usize) -> Result_<Network> {
    match u32::try_from(more)
        .ok()
        .and_then(|more| network.prefix.checked_add(more))
    {
        Some(prefix) if prefix <= network.bits => Ok(Network { prefix, ..network }),
        Some(_) | None => wrong(
            at,
            format!(
                "a network of /{} has {} bits left",
                network.prefix,
                network.bits - network.prefix
            ),
        ),
    }
}

fn cidrsubnet(_: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let network = Network::read(arguments)?;
    let more = integer_at(arguments, 1)?;
    let inner = subnet(network, more, 1)?;
    let wanted = number_at(arguments, 2)?;
    let most = ones(inner.prefix - network.prefix);
    match wanted
        .to_u128()
        .filter(|number| wanted.is_integer() && number::sign(&wanted) >= 0 && *number <= most)
    {
        Some(number) => {
            let shift = inner.bits - inner.prefix;
            let address = network.address | number.checked_shl(shift).unwrap_or(0);
            Ok(format!("{}/{}", inner.show(address), inner.prefix).into())
        }
        None => wrong(2, format!("{more} bits number at most {most}")),
    }
}

fn cidrsubnets(context: &mut Context<'_>, arguments: &[Value]) -> Result_<Value> {
    let network = Network::read(arguments)?;
    let last = network.address | network.host_mask();
    let mut next = Some(network.address);
    let mut results = Vec::new();
    for at in 1..arguments.len() {
        context.values(4)?;
        let inner = subnet(network, integer_at(arguments, at)?, at)?;
        let mask = inner.host_mask();
        // A larger network may not start in the middle of itself.
        let start = next.and_then(|next| {
            if next & mask == 0 {
                Some(next)
            } else {
                (next | mask).checked_add(1)
            }
        });
        let Some(start) = start.filter(|start| *start <= last) else {
            return wrong(at, "the network is used up");
        };
        results.push(Value::from(format!(
            "{}/{}",
            inner.show(start),
            inner.prefix
        )));
        next = (start | mask).checked_add(1);
    }
    Ok(Value::list(results))
}
