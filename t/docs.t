#!/usr/bin/perl

# What an operator or a device can say or is told is documented: each
# directive, setting, command, option, metric and variable that a table in the
# source has stands in its document, and nothing else stands there.  (The
# reasons for refusals: t/reasons.t.)

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar::Process qw(program);

chdir("$FindBin::Bin/..") or die;

my $module = 'ngx_srv_registrar_module/ngx_srv_registrar';
my $directives = slurp('docs/directives.md');
my $operations = slurp('docs/operations.md');


subtest 'directives' => sub {
    my %contexts;
    my %words = (MAIN => 'http', SRV => 'server', LOC => 'location');
    my $commands = slurp("${module}_conf.c");

    while ($commands =~ /\{ ngx_string\("(srv_registrar\w*)"\),\s*(NGX_\S+),/g)
    {
        my ($name, $flags) = ($1, $2);

        $contexts{$name} = join(', ', map { $words{$_} }
            $flags =~ /NGX_HTTP_(MAIN|SRV|LOC)_CONF/g);
    }

    cmp_ok(scalar(keys(%contexts)), '>', 15, 'are found');

    my %sections = $directives =~ /^### (\w+)\n(.*?)(?=^##|\z)/msg;

    same([keys(%sections)], [keys(%contexts)], 'each has a section');

    for my $name (sort keys(%contexts)) {
        my $section = $sections{$name} // '';

        like($section, qr/^\| Syntax \| \*\*$name\*\*/m, "$name: syntax");
        like($section, qr/^\| Default \| (?:—|$name .*;) \|$/m,
            '... default');
        like($section, qr/^\| Context \| \Q$contexts{$name}\E \|$/m,
            '... context');
    }

    same([$sections{srv_registrar_zone} =~ /^\| \*\*(\w+)\*\*/mg],
        [strings("${module}_zone_lines.c")], 'lines of srv_registrar_zone');
    same([$sections{srv_registrar} =~ /^- `(\w+)`: /mg],
        [grep { $_ ne 'none' } strings("${module}_location.c")],
        'what a location does');
    same([$directives =~ /^\| `\$(\w+)` \|/mg], [strings(
        "${module}_variables.c")], 'variables');

    my ($changes) = $directives =~ /^\| `\$srv_registrar_change` \|(.*)/m;

    same([$changes =~ /`([a-z-]+)`/g], [grep { $_ ne 'none' }
        slurp("${module}_metrics.c")
        =~ /\[NGX_SRV_REGISTRAR_\w+\] = "([a-z-]+)"/g], 'changes');
};


subtest 'settings of dnsd' => sub {
    my $manual = slurp('docs/dnsd.8');
    my ($list) = $manual =~ /^The settings, as (.*?)^\.Ss/ms;
    my %items = $list =~ /^\.It Fl -([a-z-]+)(.*?)(?=^\.It|\z)/msg;
    my %rows = slurp('dnsd/settings_table.c')
        =~ /\{ \.name = "([a-z-]+)",(.*?)(?=\{ \.name)/sg;

    cmp_ok(scalar(keys(%rows)), '>', 20, 'are found');
    same([keys(%items)], [keys(%rows)], 'each is in the manual');

    for my $name (sort keys(%rows)) {
        my $live = ($rows{$name} =~ /SETTINGS_IS_LIVE/) ? 1 : 0;

        is(($items{$name} // '') =~ /^\.Em live$/m ? 1 : 0, $live,
            "$name: " . ($live ? 'live' : 'for the next start'));
    }

    ok($manual =~ /^\.It Fl -$_\b/m, "the manual has --$_")
        for slurp('dnsd/options.c') =~ /\[OPTION_\w+\] = "(\w+)"/g;
};


subtest 'commands of srvctl' => sub {
    my $manual = slurp('docs/srvctl.8');
    my ($table) = slurp('srvctl/main.c') =~ /srvctl_commands\[\] = \{(.*?)\};/s;
    my @commands = $table =~ /\{ "(\w+)", \w+, "([^"]*)"/g;

    cmp_ok(scalar(@commands), '>', 20, 'are found');
    same([$manual =~ /^\.It Cm (\w+)/mg],
        [@commands[grep { $_ % 2 == 0 } 0 .. $#commands]],
        'each is in the manual');

    while (my ($name, $arguments) = splice(@commands, 0, 2)) {
        my ($item) = $manual =~ /^(\.It Cm $name\b.*)/m;

        like($item // '', qr/Fl -$_\b/, "$name --$_")
            for $arguments =~ /--(\w+)/g;
    }

    ok($manual =~ /^\.It Fl -$_\b/m, "the manual has --$_")
        for slurp('srvctl/main.c') =~ /\{ "(\w+)", +\w+_argument/g;
};


subtest 'metrics' => sub {
    my @rows = $operations =~ /^(\| `(?:srv_registrar|dnsd|process)_.*)/mg;
    my %documented;

    # "`a_b_used`, `_size`": a_b_used, and a_size or a_b_size
    for my $row (@rows) {
        my ($full, @others) = $row =~ /`(\w+)(?:\{[^`]*\})?`/g;

        next if !defined($full);      # an expression that raises an alarm

        my @parts = split(/_/, $full);

        $documented{$_} = 1 for $full, @others;

        for my $short (grep { /^_/ } @others) {
            $documented{join('_', @parts[0 .. $_]) . $short} = 1
                for 0 .. $#parts;
        }
    }

    for my $file ("${module}_metrics_text.c", 'dnsd/metrics_text.c') {
        my $text = slurp($file);
        my %names = map { $_ => 1 }
            $text =~ /"(?:# HELP )?((?:srv_registrar|dnsd|process)_\w+)/g;

        cmp_ok(scalar(keys(%names)), '>', 15, "$file: names are found");
        is(join(' ', grep { !$documented{$_} } sort keys(%names)), '',
            '... each is documented');
    }

    my $text = slurp('dnsd/metrics_text.c');
    my @values = $text =~ /\[(?:ANSWER|STATS)_\w+\] = "(\w+)"/g;

    push(@values, $1 =~ /"(\w+)"/g)
        while $text =~ /STATS_AT_.*\n\s+\{ ((?:"\w+",? ?)+) \}/g;
    push(@values, $text =~ /reason=\\"(\w+)\\"/g);

    cmp_ok(scalar(@values), '>', 25, 'values of labels are found');
    is(join(' ', grep { my $value = $_; !grep { /\b$value\b/ } @rows }
        @values), '', '... each is documented');
};


subtest 'srv-agent' => sub {
    my $agent = slurp('docs/examples/srv-agent');
    my ($head, $body) = $agent =~ /\A(.*?)^set -u$(.*)/ms;
    my ($options) = $body =~ /^while \[ \$# -gt 0 \]; do$(.*?)^done$/ms;

    same([$head =~ /^#\s+(--[a-z-]+)/mg], [map { split(/ \| /) }
        $options =~ /^    (--[a-z-]+(?: \| --[a-z-]+)*)\)/mg], 'options');
    like($body, qr/^$_(?: \||\))|\| $_(?: \||\))/m, "command $_")
        for $head =~ /^#   srv-agent \[options\] (\w+)/mg;
};


# Links between documents, as the forges make anchors of headings.

subtest 'links' => sub {
    my $n = 0;

    for my $file ('README.md', glob('docs/*.md')) {
        my ($dir) = $file =~ m{^(.*/)?};
        my $text = slurp($file);

        for my $link ($text =~ /\]\(([^)\s]+)\)/g) {
            next if $link =~ /^https?:/;
            $n++;

            my ($path, $anchor) = split(/#/, $link, 2);
            my $target = $path eq '' ? $file : ($dir // '') . $path;

            ok(-e $target, "$file: $link") or next;
            ok((grep { $_ eq $anchor } anchors($target)), '... has that place')
                if defined($anchor);
        }
    }

    cmp_ok($n, '>', 30, 'are found');
};


# The newest of CHANGES is what the programs say of themselves.

{
    my ($version) = slurp('CHANGES') =~ /^Changes with srv-registrar (\S+)$/m;

    like(slurp($_), qr/^#define \w+_VERSION +"\Q$version\E"$/m,
        "$_: the version of CHANGES") for 'dnsd/version.h', 'srvctl/main.c';
}


SKIP: {
    my $mandoc = program('mandoc') or skip('no mandoc', 2);

    for my $manual (glob('docs/*.8')) {
        is(join('', grep { !/referenced manual not found/ }
            qx($mandoc -T lint $manual 2>/dev/null)), '',
            "$manual: nothing to complain of");
    }
}

done_testing();


# Lists that are equal, whatever their order.

sub same
{
    my ($got, $expected, $what) = @_;

    return is_deeply([sort @$got], [sort @$expected], $what);
}


# The names in a table of nginx's.

sub strings
{
    my ($file) = @_;

    return slurp($file) =~ /(?:\{|=) ngx_string\("(\w+)"\)/g;
}


sub anchors
{
    my ($file) = @_;

    return map { lc() =~ s/[^\w\- ]//gr =~ tr/ /-/r }
        slurp($file) =~ /^#+ (.*)/mg;
}


sub slurp
{
    my ($file) = @_;

    open(my $handle, '<', $file) or die("$file: $!");
    local $/;

    return scalar(<$handle>);
}
