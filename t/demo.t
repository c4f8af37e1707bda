#!/usr/bin/perl

# `make demo`: what it shows, that it can be run again, where its things lie,
# and that it fails in a way that helps.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use IO::Socket::INET;
use Net::DNS;
use Test::More;

use SrvRegistrar::Process qw(free_port);

plan skip_all => 'a sanitized module does not load by itself'
    if $ENV{SRV_ASAN};

my $dir = File::Temp::tempdir('demo-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $demo = "$FindBin::Bin/demo";

alarm(240);
$ENV{DEMO_DIR} = "$dir/demo";
$ENV{DEMO_HTTPS_PORT} = free_port('127.0.0.1');
$ENV{DEMO_DNS_PORT} = free_port('127.0.0.1');

my ($status, $output) = demo('start');
my $name = slurp('fqdn');

is($status, 0, 'the demo runs') or BAIL_OUT($output);
like($name, qr/^[0-9a-f]{32}\.devices\.example$/, 'the name is in fqdn');
like($output, qr{PUT https://127\.0\.0\.1:\d+/v1/records}, 'shows requests');
like($output, qr/SRV\s+0 0 15269 \Q$name\E\./, 'shows the SRV record');
like($output, qr/\sA\s+127\.0\.0\.1/, 'and the address');
like($output, qr/^ +\{"txt": "([\w-]{43})"\}\n.* IN\s+TXT\s+"\1"$/m,
    'shows a call of acme-dns, and what came of it');
like($output, qr/^ +nochg 127\.0\.0\.1$/m, 'and one of dyndns2');
like($output, qr/^ +; fully validated$/m, 'shows that a validator is content');
like($output, qr/TLSA\s+3 1 1 /, 'with the key of a certificate');
like(slurp('anchor.conf'), qr/^trust-anchors \{/m, 'the trust anchor is there');
like($output, qr/make demo-stop/, 'says how to end it');
unlike($output, qr/"k": ?"[^.]/, 'shows no key');
unlike($output, qr/$_/, 'nor a password')
    for slurp('credentials') =~ /"password": ?"([^"]+)"/g;
like($output, qr/changes_total\{change="enrolled"\} \d.*srvctl suspend.*srvctl resume/s,
    'shows what the operator sees and does');
cmp_ok(scalar(split(/\n/, $output)), '<=', 60, 'fits on a screen');
ok(-s "$dir/demo/$_", "$_ is there")
    for qw(ca.pem device.pem device.key nginx.conf device/enrollment);
is(port(), 15269, 'the servers go on');

($status, $output) = demo('start');
is($status, 0, 'runs again');
is(slurp('fqdn'), $name, 'the device is the same');
is(port(), 15269, 'and published');

($status, $output) = demo('stop');
is($status, 0, 'stops');
is(port(), 'none', 'nobody answers');
unlike(slurp('error.log'), qr/\[(?:alert|emerg|crit)\]/, 'the log is clean');

my $taken = IO::Socket::INET->new(ReuseAddr => 1, LocalAddr => '127.0.0.1', Listen => 1,
    LocalPort => $ENV{DEMO_HTTPS_PORT});

($status, $output) = demo('start');
isnt($status, 0, 'fails where a port is taken');
like($output, qr/port is taken.*DEMO_HTTPS_PORT=/s, 'and says what to do');
close($taken);

is((demo('start'))[0], 0, 'and runs when it is free');
demo('stop');

done_testing();


sub demo
{
    my ($command) = @_;

    my $output = `$demo $command 2>&1`;

    return ($? >> 8, $output);
}


sub slurp
{
    my ($name) = @_;

    open(my $file, '<', "$dir/demo/$name") or return '';
    local $/;

    return scalar(<$file>) =~ s/\n\z//r;
}


sub port
{
    my $resolver = Net::DNS::Resolver->new(nameservers => ['127.0.0.1'],
        port => $ENV{DEMO_DNS_PORT}, recurse => 0, retry => 1,
        udp_timeout => 2);
    my $reply = $resolver->send("_xmpp-server._tcp.$name", 'SRV');
    my ($srv) = $reply ? $reply->answer : ();

    return $srv ? $srv->port : 'none';
}


END {
    my $status = $?;
    `$demo stop` if $demo && -d "$dir/demo";
    $? = $status;
}
