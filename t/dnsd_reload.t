#!/usr/bin/perl

# SIGHUP: live settings at once, fixed ones told, a mistake changes nothing,
# and no query is lost meanwhile.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar::Dnsd;
use SrvRegistrar::Process qw(wait_until);

use constant NAME => 'dev1.devices.example';

my $d = SrvRegistrar::Dnsd->new();
my $conf = "$d->{dir}/conf";

$d->allow_log(qr/^dnsd: (?:reloaded|not reloaded:|\Q$conf\E)/,
              qr/takes effect with the next start$/);
$d->fill($d->ZONE . $d->DEVICE);

write_config("udp-size 600\n");
$d->start('--config', $conf, '--threads', 2);
is(udp_size(), 600, 'at start');

reload("udp-size 700\n", qr/^dnsd: reloaded$/m, 'a live setting');
ok(wait_until(sub { udp_size() == 700 }), 'the new value is answered');

reload("udp-size 800\nbogus 1\nudp-size 900\n", qr/^dnsd: not reloaded:/m,
       'a mistake');
like($d->log(), qr/^dnsd: \Q$conf\E:2: bogus 1: there is no such/m,
     '... is named with its line');
like($d->log(), qr/^dnsd: \Q$conf\E:3: udp-size 900: given twice/m,
     '... and so is the next');
is(udp_size(), 700, '... and nothing has changed');

unlink($conf);
reload(undef, qr/^dnsd: not reloaded:/m, 'a file that is gone');
is(udp_size(), 700, '... changes nothing');

# By rename, as editors and tools write files: the name counts.

write_config("udp-size 1000\n", "$conf.new");
rename("$conf.new", $conf);
reload(undef, qr/^dnsd: reloaded$/m, 'another file of that name');
ok(wait_until(sub { udp_size() == 1000 }), '... is read');

reload("udp-size 1100\nuser daemon\n", qr/^dnsd: reloaded$/m,
       'a fixed setting');
like($d->log(), qr/^dnsd: user: a change takes effect with the next start/m,
     '... is told');
ok(wait_until(sub { udp_size() == 1100 }), '... and the live one holds');

# What is not said any more is as if it never had been.

reload('', qr/^dnsd: reloaded$/m, 'an empty file');
ok(wait_until(sub { udp_size() == 1232 }), 'the preset is back');

# The command line wins at a reload, too.

is($d->stop(), 0, 'stopped');
write_config("udp-size 600\n");
$d->start('--config', $conf, '--udp-size', 900);
reload("udp-size 700\n", qr/^dnsd: reloaded$/m, 'an option against the file');
is(udp_size(), 900, 'the option wins');

# Many in a row, with queries: each is answered with one value or the other.

my ($asked, %sizes) = (0);

for my $round (1 .. 40) {
    write_config("udp-size 700\nverbose " . ($round % 2 ? 'on' : 'off')
                 . "\n");
    kill('HUP', $d->{pid});
    $sizes{udp_size() // 'lost'}++ for 1 .. 5;
}

is(join(' ', keys(%sizes)), '900', 'all queries were answered');

# Without a file there is nothing to read, and nothing to fear.

is($d->stop(), 0, 'stopped');
$d->start();
reload(undef, qr/^dnsd: reloaded$/m, 'without a file');
is(udp_size(), 1232, '... all goes on');
is($d->stop(), 0, 'stopped');

# A file that only root may read is one that SIGHUP cannot.

SKIP: {
    skip('not root', 4) if $> != 0;

    my ($uid, $gid) = (getpwnam('daemon'))[2, 3];

    chown($uid, $gid, $d->{store}, glob("$d->{store}/*"));
    $d->allow_log(qr/^dnsd: warning: \Q$conf\E: Permission denied/);
    write_config("udp-size 600\n");
    chmod(0600, $conf);
    $d->start('--config', $conf, '--user', 'daemon');
    like($d->log(), qr/^dnsd: warning: \Q$conf\E: .* SIGHUP will not be/m,
         'a file for root alone is told at start');
    reload(undef, qr/^dnsd: not reloaded:/m, '... and cannot be read again');
    is(udp_size(), 600, '... and nothing has changed');
    is($d->stop(), 0, 'stopped');
}

$d->finish();
unlike($d->log(), qr/^dnsd: keys:/m, 'nothing of keys where there are none');

done_testing();


sub write_config
{
    my ($text, $path) = @_;

    open(my $file, '>', $path // $conf) or die("conf: $!");
    print $file $text;
    close($file) or die("conf: $!");
}


sub reload
{
    my ($text, $pattern, $label) = @_;

    my $before = length($d->log());

    write_config($text) if defined($text);
    kill('HUP', $d->{pid});
    ok(wait_until(sub { substr($d->log(), $before) =~ $pattern }), $label)
        or diag(substr($d->log(), $before));
}


# What dnsd offers by EDNS; undef where it does not answer.

sub udp_size
{
    my $reply = $d->query(NAME, 'A', edns => 4096);

    return $reply && $reply->edns->size;
}
