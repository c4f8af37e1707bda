#!/usr/bin/perl

# dnsd starts before its store, follows it when it is replaced, and says once
# what it found.  Where there is nothing to answer from it says SERVFAIL, never
# that a name does not exist.

use strict;
use warnings;

use File::Copy qw(copy);
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar::Dnsd;
use SrvRegistrar::Process qw(wait_until);
use SrvRegistrar::Supervisor;

my $d = SrvRegistrar::Dnsd->new();
my $s = SrvRegistrar::Supervisor->new($d);
my $dir = $d->{dir};
my $name = 'dev1.devices.example';

$d->allow_log(qr/answering SERVFAIL until that changes/, qr/^dnsd: damaged: /);


sub rcode
{
    my ($name) = @_;

    return $d->query($name // 'dev1.devices.example', 'A')->header->rcode;
}


sub address
{
    my ($rr) = $d->query($name, 'A')->answer;

    return $rr ? $rr->address : 'none';
}


sub device
{
    my ($address) = @_;

    return "device dev1\nset \@ A 60 +86400 $address\n";
}


sub replace
{
    my ($new) = @_;

    rename("$dir/store", "$dir/old" . time() . rand()) or die "rename: $!";
    rename($new, "$dir/store") or die "rename: $!";
}


# Twice a second is then what dnsd looks at the path.

$s->{env}{WATCHDOG_USEC} = 1_000_000;
$s->with(sub { $d->start() });
is(rcode(), 'SERVFAIL', 'no store yet');
is(rcode('other.test'), 'SERVFAIL', 'nor is it known what is ours');

ok($s->wait_look(), 'dnsd looks again');
is(scalar(() = $d->log() =~ /answering SERVFAIL/g), 1, 'told once');

$d->fill($d->ZONE . device('192.0.2.101'));
ok(wait_until(sub { rcode() eq 'NOERROR' }), 'the store appears');
is(address(), '192.0.2.101', '... and is served');
is(rcode('other.test'), 'REFUSED', '... and no other zone');

$d->fill("zone devices.example\n" . device('192.0.2.102'));
is(address(), '192.0.2.102', 'a commit shows at once');

$d->fill($d->ZONE . device('192.0.2.103'), "$dir/new");
replace("$dir/new");
ok(wait_until(sub { address() eq '192.0.2.103' }), 'another store');
$d->fill("zone devices.example\n" . device('192.0.2.104'));
is(address(), '192.0.2.104', '... and its commits');

# The data alone, over the lock file of before: what mv of a backup does.

$d->fill($d->ZONE . device('192.0.2.105'), "$dir/backup");
rename("$dir/backup/data.mdb", "$dir/store/data.mdb") or die "rename: $!";
ok(wait_until(sub { address() eq '192.0.2.105' }), 'other data');

rename("$dir/store", "$dir/away") or die "rename: $!";
ok($s->wait_look(), 'a look at a path that leads nowhere');
is(address(), '192.0.2.105', '... changes nothing');
rename("$dir/away", "$dir/store") or die "rename: $!";
ok($s->wait_look(), 'another');
is(address(), '192.0.2.105', '... and back again');

mkdir("$dir/foreign");
open(my $file, '>', "$dir/foreign/data.mdb");
print $file 'no store of ours' x 1000;
close($file);
copy("$dir/store/lock.mdb", "$dir/foreign/lock.mdb") or die "copy: $!";
replace("$dir/foreign");
ok(wait_until(sub { rcode() eq 'SERVFAIL' }), 'a foreign file: SERVFAIL');
is(-s "$dir/store/data.mdb", 16000, '... which is left alone');

$d->fill($d->ZONE . $d->DEVICE . <<'END', "$dir/right");
device dev2
set @ TXT 60 +86400 "the-bytes-to-be-damaged"
device dev3
set @ SRV 60 +86400 0 0 1 @
END
replace("$dir/right");
ok(wait_until(sub { address() eq '203.0.113.7' }), 'and a good one again');

# A damaged value: SERVFAIL for its name, and for no other.

is($d->stop(), 0, 'stopped');

open(my $data, '+<', "$dir/store/data.mdb") or die "data.mdb: $!";
binmode($data);
local $/;
my $bytes = <$data>;
my $hits = 0;

while ($bytes =~ /the-bytes-to-be-damaged/g) {
    seek($data, $-[0], 0);
    print $data 'T';
    $hits++;
}

close($data);
cmp_ok($hits, '>', 0, 'a value is damaged');

$d->start();
is(rcode('dev2.devices.example'), 'SERVFAIL', 'its name: SERVFAIL');
is(rcode('x.dev2.devices.example'), 'SERVFAIL', '... and below it');
is(rcode(), 'NOERROR', 'others are answered');
is(rcode('dev4.devices.example'), 'NXDOMAIN', '... and so is what is absent');
ok($d->wait_log(qr/^dnsd: damaged: .*dev2\.devices\.example/m),
   'the log names it');
is($d->counters()->{SERVFAIL}, 2, 'counted');
like($d->log(), qr/^dnsd: stats: dnsd_store_damaged_values_total 2$/m,
     '... and in the metrics');

$d->query('dev2.devices.example', 'A') for 1 .. 200;
cmp_ok(scalar(() = $d->log() =~ /^dnsd: damaged: /mg), '<', 50,
       'a peer cannot fill the log');

is($d->stop(), 0, 'stopped');
$d->finish();
done_testing();
